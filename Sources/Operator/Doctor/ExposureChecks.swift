// What others could read or send: connections without TLS, certificates unchecked or about to expire, UDP and HTTP open to
// the network. From the configuration alone, and the certificates' files.
import Linux
import Pipeline
import Settings

enum ExposureChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        let settings = patient.settings
        var findings: [Finding] = []
        if patient.usesKafka { findings += kafka(settings.kafka) }
        if patient.usesMongoDB { findings += mongodb(settings.mongodb) }
        if settings.pipeline.runsIntake, let udp = settings.intake.udp {
            findings.append(self.udp(udp, settings.intake))
        }
        findings += web(settings)
        return findings
    }

    // MARK: Kafka

    private static func kafka(_ kafka: KafkaSettings) -> [Finding] {
        let protocolName = (kafka.value(of: "security.protocol") ?? "plaintext").lowercased()
        let hosts = kafka.brokers.split(separator: ",").map { $0.drop { $0 == " " } }
        var findings = [
            transport(
                "kafka.tls", "Kafka", isEncrypted: protocolName.hasSuffix("ssl"),
                isLocal: hosts.allSatisfy { isLocal(host(of: $0)) }, hasPassword: protocolName.hasPrefix("sasl"),
                remedy: "\"security.protocol\" = \"\(protocolName.hasPrefix("sasl") ? "SASL_SSL" : "SSL")\" and "
                    + "\"ssl.ca.location\" in [kafka.client]")
        ]
        if protocolName.hasSuffix("ssl") {
            let isChecked = kafka.value(of: "enable.ssl.certificate.verification") != "false"
            let isNamed = kafka.value(of: "ssl.endpoint.identification.algorithm") != "none"
            findings.append(
                isChecked && isNamed
                    ? .ok("kafka.verification", "the broker's certificate and name are checked")
                    : .problem(
                        "kafka.verification",
                        "the broker's \(isChecked ? "name" : "certificate") is not checked: anybody can be it",
                        remedy:
                            "take \(isChecked ? "ssl.endpoint.identification.algorithm" : "enable.ssl.certificate.verification") "
                            + "out of [kafka.client]"))
        }
        return findings + files("kafka", kafka.value(of: "ssl.ca.location"), kafka.certificateFile)
    }

    // MARK: MongoDB

    private static func mongodb(_ mongodb: MongoSettings) -> [Finding] {
        let uri = mongodb.uri.revealed
        let isSRV = uri.hasPrefix("mongodb+srv:")
        let rest = uri.drop { $0 != "/" }.dropFirst(2)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let hosts = (authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority)
            .split(separator: ",")
        let said = (mongodb.option("tls") ?? mongodb.option("ssl"))?.lowercased()
        let isEncrypted = said.map { $0 == "true" } ?? (isSRV || mongodb.option("tlsCAFile") != nil)
        var findings = [
            transport(
                "mongodb.tls", "MongoDB", isEncrypted: isEncrypted,
                isLocal: !isSRV && hosts.allSatisfy { isLocal(host(of: $0)) }, hasPassword: authority.contains("@"),
                remedy: "tls=true&tlsCAFile=/etc/clickd/mongodb-ca.pem in mongodb.uri_file's uri")
        ]
        let slack = ["tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"].filter {
            mongodb.option($0)?.lowercased() == "true"
        }
        if isEncrypted {
            findings.append(
                slack.isEmpty
                    ? .ok("mongodb.verification", "the server's certificate and name are checked")
                    : .problem(
                        "mongodb.verification", "\(slack.joined(separator: ", ")): anybody can be MongoDB",
                        remedy: "take \(slack.joined(separator: ", ")) out of the uri; tlsCAFile=… names who is trusted"
                    ))
        }
        return findings + files("mongodb", mongodb.option("tlsCAFile"), mongodb.option("tlsCertificateKeyFile"))
    }

    private static func transport(
        _ check: String, _ name: String, isEncrypted: Bool, isLocal: Bool, hasPassword: Bool, remedy: String
    ) -> Finding {
        if isEncrypted { return .ok(check, "TLS to \(name)") }
        if isLocal { return .ok(check, "no TLS to \(name), which is on this host") }
        return hasPassword
            ? .problem(check, "events and the password go to \(name) without TLS, for others to read", remedy: remedy)
            : .warning(check, "events go to \(name) without TLS, for others to read and change", remedy: remedy)
    }

    private static func host(of address: Substring) -> String {
        if address.hasPrefix("[") { return String(address.dropFirst().prefix { $0 != "]" }) }
        return String(address.prefix { $0 != ":" })
    }

    private static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") || host.lowercased().hasPrefix("%2f")
    }

    private static func files(_ theme: String, _ authority: String?, _ own: String?) -> [Finding] {
        [("authority", authority, "a new CA file from whoever signs"), ("client_certificate", own, "have it renewed")]
            .compactMap { thing, path, remedy in
                guard let path else { return nil }
                guard let certificate = Certificate.read(path) else {
                    return .problem(
                        "\(theme).\(thing)", "\(path) cannot be read, or holds no certificate (PEM)",
                        remedy: "ls -l \(path); it must be readable for the daemon's user")
                }
                return CertificateCheck.judge(
                    "\(theme).\(thing)", path, certificate, WallClock.nowMilliseconds / 1000,
                    remedy: "\(remedy): docs/security.md")
            }
    }

    // MARK: Listening

    private static func udp(_ address: ListenAddress, _ intake: IntakeSettings) -> Finding {
        let check = "intake.udp"
        if address.isLoopback { return .ok(check, "UDP on \(address), this host only") }
        if let open = intake.udpAllow.first(where: { $0.prefixBits == 0 || $0.description.hasSuffix("/0") }) {
            return .problem(
                check, "UDP on \(address) takes events from anywhere (\(open))",
                remedy: "intake.udp_allow = [\"10.0.0.0/8\"], or whatever your own networks are")
        }
        return .warning(
            check,
            "UDP on \(address) takes events from \(intake.udpAllow.map(\.description).joined(separator: ", ")), "
                + "and a sender's address can be forged",
            remedy: "a firewall that drops these addresses from outside, or intake.udp = \"127.0.0.1:\(address.port)\"")
    }

    private static func web(_ settings: Settings) -> [Finding] {
        let web = settings.web
        var findings: [Finding] = []
        if let metrics = settings.metrics.listen, !metrics.isLoopback {
            findings.append(
                .warning(
                    "metrics.listen", "\(metrics) shows metrics to whoever reaches it, without a password",
                    remedy: "metrics.listen = \"127.0.0.1:\(metrics.port)\", or a firewall"))
        }
        // That listeners of others ask for keys and passwords is refused by the configuration's own check.
        let isOpen = !web.listen.isLoopback || !web.readListen.isLoopback
        findings.append(
            isOpen
                ? .warning(
                    "web.listen", "clickd-web is open to the network without TLS: keys and passwords go readable",
                    remedy: "listen on 127.0.0.1 behind a proxy with TLS (examples/), web.trust_proxy = true")
                : .ok("web.listen", "clickd-web listens on this host only"))
        if web.trustProxy, !web.listen.isLoopback {
            findings.append(
                .problem(
                    "web.trust_proxy", "web.trust_proxy believes X-Forwarded-For of whoever reaches \(web.listen)",
                    remedy: "web.listen = \"127.0.0.1:\(web.listen.port)\", or web.trust_proxy = false"))
        }
        return findings
    }
}
