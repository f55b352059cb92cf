"""Certificates and settings for servers that want to know who speaks: TLS, passwords (SCRAM) and client certificates.

For tests: a certificate authority of their own, and a listener of Kafka for everything that can be wrong with a certificate.
MongoDB has one port; tests put another certificate into its file and have it read again (rotateCertificates).
"""

import os
import subprocess

from . import Trouble

USER, PASSWORD = "clickd", "right-password"
ADMIN, ADMIN_PASSWORD = "admin", "admin-password"
# Listeners of Kafka beside the plain one, by which the scripts themselves ask: name, protocol, certificate.
LISTENERS = [
    ("SASL", "SASL_SSL", "server"),
    ("CERTIFICATE", "SSL", "server"),  # asks for the client's
    ("EXPIRED", "SASL_SSL", "expired"),
    ("STRANGE", "SASL_SSL", "strange"),  # of another host
]
CURVE = ["-pkeyopt", "ec_paramgen_curve:P-256"]


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"openssl {arguments[0]}: {done.stderr.strip()}")


def make_certificates(folder):
    """ca.pem, other-ca.pem; NAME.pem (certificate), NAME.key and NAME-both.pem for server, expired, strange, client."""
    if os.path.exists(os.path.join(folder, "client-expired-both.pem")):
        return
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for authority in ("ca", "other-ca"):
        openssl(folder, "req", "-x509", "-newkey", "ec", *CURVE, "-nodes", "-days", "60", "-subj", f"/CN=clickd test {authority}",
                "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
    here = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    for name, subject, days, names in (
            ("server", "/CN=localhost/O=server", 60, here), ("expired", "/CN=localhost/O=server", -1, here),
            ("strange", "/CN=other.example/O=server", 60, "subjectAltName=DNS:other.example"),
            ("client", "/CN=clickd/O=clients", 60, "keyUsage=digitalSignature"),
            ("client-expired", "/CN=clickd/O=clients", -1, "keyUsage=digitalSignature")):
        with open(os.path.join(folder, "extensions"), "w", encoding="ascii") as file:
            file.write(names + "\n")
        openssl(folder, "req", "-newkey", "ec", *CURVE, "-nodes", "-subj", subject, "-keyout", f"{name}.key", "-out", "request")
        openssl(folder, "x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", str(days), "-extfile", "extensions", "-out", f"{name}.pem")
        with open(os.path.join(folder, f"{name}-both.pem"), "w", encoding="ascii") as both:
            for part in ("key", "pem"):
                with open(os.path.join(folder, f"{name}.{part}"), encoding="ascii") as file:
                    both.write(file.read())
    # MongoDB's file, which tests replace; and what members of a replica set know each other by.
    for name, text in (("mongo.pem", open(os.path.join(folder, "server-both.pem"), encoding="ascii").read()),
                       ("mongo.key-file", "a test of clickd, nobody's secret\n".replace(" ", "").replace(",", "").replace("'", ""))):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(os.path.join(folder, name), 0o600)


def kafka_properties(folder, plain_port, controller_port, ports):
    """Lines that go behind the others in server.properties, and win."""
    names = [("PLAINTEXT", plain_port)] + [(name, port) for (name, _, _), port in zip(LISTENERS, ports)]
    advertised = ",".join(f"{name}://{'127.0.0.1' if name == 'PLAINTEXT' else 'localhost'}:{port}" for name, port in names)
    protocols = ",".join(f"{name}:{protocol}" for name, protocol, _ in LISTENERS)
    lines = [
        f"listeners={','.join(f'{name}://127.0.0.1:{port}' for name, port in names)},CONTROLLER://127.0.0.1:{controller_port}",
        f"advertised.listeners={advertised}",
        f"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{protocols}",
        "sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN",
    ]
    for name, protocol, certificate in LISTENERS:
        front = f"listener.name.{name.lower()}"
        lines += [f"{front}.ssl.keystore.type=PEM", f"{front}.ssl.keystore.location={folder}/{certificate}-both.pem",
                  f"{front}.ssl.truststore.type=PEM", f"{front}.ssl.truststore.location={folder}/ca.pem",
                  f"{front}.ssl.client.auth={'required' if name == 'CERTIFICATE' else 'none'}"]
        if protocol == "SASL_SSL":
            module = "org.apache.kafka.common.security"
            for mechanism in ("256", "512"):
                lines.append(f"{front}.scram-sha-{mechanism}.sasl.jaas.config={module}.scram.ScramLoginModule required;")
            lines.append(
                f'{front}.plain.sasl.jaas.config={module}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";')
    return "\n".join(lines)


def kafka_format_arguments():
    arguments = []
    for mechanism in ("256", "512"):
        arguments += ["--add-scram", f"SCRAM-SHA-{mechanism}=[name={USER},password={PASSWORD}]"]
    return arguments


def mongo_arguments(folder):
    # preferTLS: these scripts speak plainly; what tests look at is what clickd does. No certificate asked of those with a
    # password; one that is shown is checked.
    return ["--auth", "--keyFile", f"{folder}/mongo.key-file", "--tlsMode", "preferTLS",
            "--tlsCertificateKeyFile", f"{folder}/mongo.pem", "--tlsCAFile", f"{folder}/ca.pem",
            "--tlsAllowConnectionsWithoutCertificates"]
