// TLS and passwords to a real Kafka: the right ones work the whole way; wrong ones are named in status, and nothing is lost.
import Kafka
import Linux
import Mongo
import TestSupport
import Testing

extension SecuredTests {
    @Suite(.waiting) struct SecuredKafkaTests {
        private func daemon(_ listener: String, _ client: String) throws -> TestDaemon {
            try TestDaemon(kafka: try SecuredServers.shared().kafka(listener), extra: client)
        }

        /// An event is stored and acknowledged while Kafka is out of reach.
        private func store(_ id: String, in daemon: TestDaemon) throws {
            let client = try StreamClient(daemon.streamSocket)
            client.send(event(id) + "\n")
            #expect(client.answers(upTo: 1) == ["OK 1"])
        }

        /// Waits for a reason of `part` with all of `words` in it.
        private func names(_ part: String, _ words: [String], _ daemon: TestDaemon) {
            eventually(within: 20, "status names \(words): \(daemon.status()?.reasons ?? [])") {
                daemon.status()?.reasons.contains { reason in
                    reason.hasPrefix(part) && words.allSatisfy { reason.contains($0) }
                } == true
            }
        }

        @Test("an event goes the whole way by TLS and a password (PLAIN)")
        func plain() throws {
            let servers = try SecuredServers.shared()
            let daemon = try daemon("sasl", servers.login("PLAIN"))
            try daemon.start()
            try store("p1", in: daemon)
            try Arrival.expect(["p1"], in: daemon, within: 40)
            #expect(daemon.stop() == 0)
        }

        @Test(
            "an event goes the whole way by TLS and SCRAM, with a librdkafka that can",
            arguments: ["SCRAM-SHA-256", "SCRAM-SHA-512"])
        func scram(mechanism: String) throws {
            let servers = try SecuredServers.shared()
            let daemon = try daemon("sasl", servers.login(mechanism))
            try daemon.start(environment: KafkaLibrary.hasOldSCRAM ? try servers.newerLibrdkafka() : [:])
            try store("s1", in: daemon)
            try Arrival.expect(["s1"], in: daemon, within: 40)
            #expect(daemon.stop() == 0)
        }

        @Test(
            "SCRAM with a librdkafka that cannot do it is named, with what to do instead",
            .enabled(if: KafkaLibrary.hasOldSCRAM))
        func oldSCRAM() throws {
            let servers = try SecuredServers.shared()
            let daemon = try daemon("sasl", servers.login("SCRAM-SHA-512"))
            try daemon.start()
            names("kafka:", ["librdkafka \(KafkaLibrary.version) cannot do SCRAM with Kafka 4", "PLAIN"], daemon)
        }

        @Test("an event goes the whole way by TLS with a client certificate")
        func certificate() throws {
            let servers = try SecuredServers.shared()
            let daemon = try daemon(
                "certificate",
                """
                [kafka.client]
                "security.protocol" = "SSL"
                "ssl.ca.location" = "\(servers.file("ca.pem"))"
                "ssl.certificate.location" = "\(servers.file("client.pem"))"
                "ssl.key.location" = "\(servers.file("client.key"))"
                """)
            try daemon.start()
            try store("c1", in: daemon)
            try Arrival.expect(["c1"], in: daemon, within: 40)
            #expect(daemon.stop() == 0)
        }

        struct Mistake: Sendable, CustomTestStringConvertible {
            let name: String
            let listener: String
            let client: @Sendable (SecuredServers) -> String
            let words: [String]
            var testDescription: String { name }
        }

        private static func clientCertificate(_ servers: SecuredServers, _ name: String?) -> String {
            let own = name.map {
                "\"ssl.certificate.location\" = \"\(servers.file("\($0).pem"))\"\n"
                    + "\"ssl.key.location\" = \"\(servers.file("\($0).key"))\""
            }
            return
                "[kafka.client]\n\"security.protocol\" = \"SSL\"\n\"ssl.ca.location\" = \"\(servers.file("ca.pem"))\"\n"
                + (own ?? "")
        }

        static let mistakes = [
            Mistake(
                name: "wrong password", listener: "sasl", client: { $0.login("PLAIN", password: "wrong-password") },
                words: ["the broker refuses user or password", "sasl.password"]),
            Mistake(
                name: "a mechanism the broker has not", listener: "sasl", client: { $0.login("OAUTHBEARER") },
                words: ["kafka:"]),
            Mistake(
                name: "wrong CA", listener: "sasl", client: { $0.login("PLAIN", ca: "other-ca.pem") },
                words: ["signed by an authority that is not trusted here", "ssl.ca.location"]),
            Mistake(
                name: "expired certificate", listener: "expired", client: { $0.login("PLAIN") },
                words: ["the broker's certificate has expired"]),
            Mistake(
                name: "certificate of another host", listener: "strange", client: { $0.login("PLAIN") },
                words: ["the broker's certificate is for another host"]),
            Mistake(
                name: "client certificate missing", listener: "certificate", client: { clientCertificate($0, nil) },
                words: ["it wants a client certificate", "ssl.certificate.location"]),
            Mistake(
                name: "client certificate expired", listener: "certificate",
                client: { clientCertificate($0, "client-expired") },
                words: ["does not accept the client's certificate", "client-expired.pem has expired on"]),
            Mistake(
                name: "no TLS where it is wanted", listener: "sasl", client: { _ in "" },
                words: ["it may speak TLS only", "security.protocol"]),
        ]

        @Test(
            "what is wrong is named in status, nothing is lost, and it goes on once mended",
            arguments: mistakes.filter { $0.words != ["kafka:"] })
        func wrong(mistake: Mistake) throws {
            let servers = try SecuredServers.shared()
            let wrong = try daemon(mistake.listener, mistake.client(servers))
            try wrong.start()
            try store("w1", in: wrong)
            names("kafka:", mistake.words, wrong)
            // As an operator mends it: another configuration, and a restart.
            #expect(wrong.stop() == 0)
            var text = String(decoding: try Files.read(wrong.configPath), as: UTF8.self)
            if let from = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex(of: "[kafka.client]")
            {
                text = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(from).joined(
                    separator: "\n")
            }
            text = text.split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.hasPrefix("brokers = ") ? "brokers = \"\(servers.kafka("sasl"))\"" : String($0)
            }.joined(separator: "\n")
            try Files.replace(
                wrong.configPath, with: Array((text + "\n" + servers.login("PLAIN") + "\n").utf8), mode: 0o644)
            try wrong.start()
            try Arrival.expect(["w1"], in: wrong, within: 40)
            #expect(wrong.stop() == 0)
        }

        @Test("a password set right at the broker lets a running daemon go on by itself")
        func mended() throws {
            let servers = try SecuredServers.shared()
            let environment = KafkaLibrary.hasOldSCRAM ? try servers.newerLibrdkafka() : [:]
            let client = servers.login("SCRAM-SHA-256", password: "later-password")
                .replacingFirst(of: "\"clickd\"", with: "\"later\"")
            let daemon = try daemon("sasl", client)
            try daemon.start(environment: environment)
            try store("m1", in: daemon)
            names("kafka:", ["the broker refuses user or password"], daemon)
            let changed = try Command.run(
                servers.kafkaHome + "/bin/kafka-configs.sh",
                [
                    "--bootstrap-server", servers.plainKafka, "--alter", "--entity-type", "users", "--entity-name",
                    "later",
                    "--add-config", "SCRAM-SHA-256=[password=later-password]",
                ])
            try #require(changed.status == 0, "\(changed.output)\(changed.errors)")
            try Arrival.expect(["m1"], in: daemon, within: 40)
            #expect(daemon.stop() == 0)
        }
    }
}

extension String {
    func replacingFirst(of text: String, with other: String) -> String {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return String(self[..<start]) + other + String(self[index(start, offsetBy: text.count)...])
            }
            start = index(after: start)
        }
        return self
    }
}

/// What shares the secured servers; one after the other, since MongoDB's certificate is changed under way.
@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) enum SecuredTests {}
