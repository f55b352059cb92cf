"""nginx in front of a real clickd-web, and requests that two servers could read differently. Whatever is sent: the right
code, nobody else's answers disturbed, no hidden event stored, none that was acknowledged lost, both programs unharmed."""

import json
import os
import re
import shutil
import socket
import subprocess
import unittest
import uuid

import requests
from place import PlaceTest, eventually, free_ports

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    # Connections to clickd-web are kept and shared between people: what smuggling lives on.
    upstream clickd {{ server 127.0.0.1:{port}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{front};
        ignore_invalid_headers off;
        location / {{
            proxy_pass http://clickd;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_request_buffering {buffering};
        }}
    }}
}}
"""


def track(identity):
    return json.dumps({"event": "Product Viewed", "anonymousId": "a", "messageId": identity}).encode()


def post(identity, *headers, body=None):
    """A request in order."""
    body = track(identity) if body is None else body
    lines = [b"POST /v1/track HTTP/1.1", b"Host: shop.example", b"Content-Type: application/json", *headers]
    return b"\r\n".join(lines) + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def framed(headers, body, name=b"POST /v1/track HTTP/1.1"):
    return name + b"\r\nHost: shop.example\r\nContent-Type: application/json\r\n" + headers + b"\r\n\r\n" + body


def patterns(hidden):
    """By name: the bytes, and whether they may be taken as one whole request (else: refused). `hidden` stands in a body
    of one reading and is a request of the other."""
    end = b"0\r\n\r\n"
    size = lambda body: b"%d" % len(body)
    chunk = lambda body: b"%x\r\n%s\r\n" % (len(body), body)
    outer = track("outer-" + hidden.hex)
    inner = post("hidden-" + hidden.hex)
    behind = end + inner
    return {
        "CL.TE": (framed(b"Content-Length: " + size(behind) + b"\r\nTransfer-Encoding: chunked", behind), False),
        "TE.CL": (framed(b"Content-Length: 4\r\nTransfer-Encoding: chunked", chunk(inner) + end), False),
        "TE.CL, length first in another case": (framed(b"content-LENGTH: 4\r\ntransfer-ENCODING: CHUNKED", chunk(inner) + end), False),
        "two lengths": (framed(b"Content-Length: 0\r\nContent-Length: " + size(inner), inner), False),
        "two lengths in one": (framed(b"Content-Length: 0, " + size(inner), inner), False),
        "a length twice": (framed(b"Content-Length: %d\r\nContent-Length: %d" % (len(outer), len(outer)), outer), True),
        "a length with a sign": (framed(b"Content-Length: +" + size(inner), inner), False),
        "a negative length": (framed(b"Content-Length: -1", inner), False),
        "a length of letters": (framed(b"Content-Length: 0x1", inner), False),
        "a length beyond 64 bits": (framed(b"Content-Length: 18446744073709551616", inner), False),
        "TE.TE, one unknown": (framed(b"Transfer-Encoding: xchunked\r\nContent-Length: " + size(inner), inner), False),
        "two encodings": (framed(b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", behind), False),
        "an encoding in a list": (framed(b"Transfer-Encoding: gzip, chunked", behind), False),
        "an encoding behind a tab": (framed(b"Transfer-Encoding:\tchunked\r\nContent-Length: " + size(behind), behind), False),
        "an encoding with a space in front of the colon": (
            framed(b"Transfer-Encoding : chunked\r\nContent-Length: " + size(behind), behind), False),
        "a folded encoding": (framed(b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: " + size(behind), behind), False),
        "a folded length": (framed(b"Content-Length:\r\n " + size(outer), outer), False),
        "a header name with a space": (framed(b"Content Length: 3\r\nContent-Length: " + size(outer), outer), False),
        "a header without a colon": (framed(b"Nonsense\r\nContent-Length: " + size(outer), outer), True),
        "NUL in a header": (framed(b"X: a\0b\r\nContent-Length: " + size(outer), outer), True),
        "bare LF between headers": (framed(b"Content-Length: " + size(outer), outer).replace(b"\r\n", b"\n"), True),
        "bare LF in the middle": (framed(b"X: y\nContent-Length: " + size(outer), outer), True),
        "bare CR in the middle": (framed(b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: " + size(outer), outer), True),
        "a chunk size beyond 64 bits": (framed(b"Transfer-Encoding: chunked", b"11111111111111111\r\n" + inner), False),
        "a chunk size of letters": (framed(b"Transfer-Encoding: chunked", b"zz\r\n" + inner), False),
        "a negative chunk size": (framed(b"Transfer-Encoding: chunked", b"-1\r\n" + inner), False),
        "a chunk that goes on too far": (framed(b"Transfer-Encoding: chunked", b"2\r\nabc\r\n" + end), False),
        "chunks in order": (framed(b"Transfer-Encoding: chunked", chunk(outer[:9]) + chunk(outer[9:]) + end), True),
        "HTTP/1.0 with chunks": (
            framed(b"Transfer-Encoding: chunked\r\nContent-Length: " + size(behind), behind, b"POST /v1/track HTTP/1.0"), False),
        "HTTP/9.9": (framed(b"Content-Length: " + size(outer), outer, b"POST /v1/track HTTP/9.9"), False),
        "no such method": (framed(b"Content-Length: " + size(outer), outer, b"SMUGGLE /v1/track HTTP/1.1"), False),
        "a header of 100 KB": (framed(b"X: " + b"y" * 100_000 + b"\r\nContent-Length: " + size(outer), outer), False),
        "ten thousand headers": (framed(b"X: y\r\n" * 10_000 + b"Content-Length: " + size(outer), outer), False),
        "an address of 64 KB": (
            framed(b"Content-Length: " + size(outer), outer, b"POST /v1/track?" + b"y" * 65_536 + b" HTTP/1.1"), False),
    }


class SmugglingTest(PlaceTest):
    web = "trust_proxy = true"

    def start_nginx(self, buffering):
        (self.front,) = free_ports(1)
        path = self.place.folder / "nginx.conf"
        # As root nginx would give its worker to somebody who may not enter the folder.
        user = "user root;\n" if os.geteuid() == 0 else ""
        path.write_text(user + CONFIGURATION.format(
            folder=self.place.folder, port=self.place.port, front=self.front, buffering=buffering))
        nginx = subprocess.Popen([NGINX, "-p", self.place.folder, "-c", path, "-e", self.place.folder / "nginx.log"])
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        eventually(lambda: self.get(self.front, "/healthz") == 200, what="nginx and clickd-web behind it answer")

    @staticmethod
    def get(port, path):
        try:
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code
        except requests.RequestException:
            return None

    @staticmethod
    def talk(port, data):
        """Every answer to `data`, until the server closes or has nothing more to say; statuses in order."""
        heard = b""
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    heard += piece
                    # A second answer would come at once.
                    connection.settimeout(0.3)
            except OSError:
                pass
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]
        # libmicrohttpd 0.9.75 writes the head of its own refusals twice, in front of their body, and closes.
        if re.search(rb"Connection: close\r\n.*HTTP/1\.1 4.*Connection: close\r\n.*<html>", heard, re.DOTALL):
            statuses.pop()
        return statuses

    def run_patterns(self, port):
        acknowledged = set()
        with requests.Session() as neighbour:
            for name, (data, may_be_taken) in patterns(uuid.uuid4()).items():
                with self.subTest(name):
                    statuses = self.talk(port, data)
                    # One request is answered once, whatever is in it.
                    self.assertEqual(len(statuses), 1, statuses)
                    allowed = {200} if may_be_taken else set()
                    self.assertLessEqual(set(statuses), allowed | {400, 405, 413, 414, 431, 494, 501, 505}, statuses)
                    # Somebody else, on a connection of its own: it gets its own answer.
                    identity = uuid.uuid4().hex
                    answer = neighbour.post(
                        f"http://127.0.0.1:{port}/v1/batch", timeout=10,
                        json={"batch": [{"type": "track", "event": "Product Viewed", "userId": "n", "messageId": identity}]})
                    self.assertEqual((answer.status_code, answer.json()["stored"]), (200, 1), answer.text)
                    acknowledged.add(identity)
        stored = self.place.ids()
        self.assertEqual(acknowledged - stored, set())
        self.assertEqual([one for one in stored if one.startswith("hidden-")], [])
        self.assertEqual(len(stored - acknowledged - {one for one in stored if one.startswith("outer-")}), 0)

    def test_directly(self):
        self.run_patterns(self.place.port)

    @unittest.skipUnless(NGINX or os.environ.get("CLICKD_REQUIRE_SERVERS"), "nginx is not installed")
    def test_behind_nginx_that_reads_bodies_first(self):
        self.start_nginx("on")
        self.run_patterns(self.front)

    @unittest.skipUnless(NGINX or os.environ.get("CLICKD_REQUIRE_SERVERS"), "nginx is not installed")
    def test_behind_nginx_that_passes_bodies_on(self):
        self.start_nginx("off")
        self.run_patterns(self.front)

    def test_refused_requests_are_counted(self):
        def refused():
            text = requests.get(f"http://127.0.0.1:{self.place.read_port}/metrics", timeout=5).text
            return sum(
                float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                if line.startswith("clickd_web_") and re.search(r'(bad_requests|status="4\d\d")', line))

        before = refused()
        for _ in range(5):
            self.assertEqual(self.talk(self.place.port, patterns(uuid.uuid4())["two lengths"][0]), [400])
        self.assertGreaterEqual(refused(), before + 5)


if __name__ == "__main__":
    unittest.main()
