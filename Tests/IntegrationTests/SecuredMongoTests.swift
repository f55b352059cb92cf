// TLS, SCRAM and X.509 to a real MongoDB: the right ones work the whole way; wrong ones are named in status, nothing is
// lost, and a daemon that runs goes on by itself once the server is mended.
import Linux
import Mongo
import TestSupport
import Testing

extension SecuredTests {
    @Suite(.waiting) struct SecuredMongoTests {
        static let x509 = "authMechanism=MONGODB-X509&authSource=%24external"

        /// The users, made once: one a mechanism, and one of the client certificate's name.
        private static let users: Result<Void, any Error> = Result {
            let client = try MongoClient.open(uri: try SecuredServers.shared().administrator)
            defer { client.close() }
            for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
                try client.runWriteCommand(
                    database: "admin",
                    [
                        "createUser": .string(mechanism), "pwd": .string(SecuredServers.password),
                        "mechanisms": [.string(mechanism)], "roles": ["root"],
                    ])
            }
            try client.runWriteCommand(
                database: "$external",
                ["createUser": "O=clients,CN=clickd", "roles": .array([["role": "root", "db": "admin"]])])
        }

        private func servers() throws -> SecuredServers {
            try Self.users.get()
            return try SecuredServers.shared()
        }

        /// The uri lies in a file, as an operator keeps it.
        private func daemon(_ uri: String) throws -> TestDaemon {
            let daemon = try TestDaemon(mode: .direct, mongodb: try SecuredServers.shared().administrator)
            try point(daemon, at: uri)
            return daemon
        }

        private func point(_ daemon: TestDaemon, at uri: String) throws {
            let secret = daemon.folder.path + "/mongodb-uri"
            try Files.replace(secret, with: Array((uri + "\n").utf8), mode: 0o600)
            let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).map {
                    $0.hasPrefix("uri = ") ? "uri_file = \"\(secret)\"" : String($0)
                }.joined(separator: "\n")
            try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o644)
        }

        private func store(_ id: String, in daemon: TestDaemon) throws {
            let client = try StreamClient(daemon.streamSocket)
            client.send(event(id) + "\n")
            #expect(client.answers(upTo: 1) == ["OK 1"])
        }

        private func names(_ words: [String], _ daemon: TestDaemon) {
            eventually(within: 30, "status names \(words): \(daemon.status()?.reasons ?? [])") {
                daemon.status()?.reasons.contains { reason in
                    reason.hasPrefix("mongodb:") && words.allSatisfy { reason.contains($0) }
                } == true
            }
        }

        @Test(
            "an event is written by TLS and a password, or a certificate alone",
            arguments: ["SCRAM-SHA-1", "SCRAM-SHA-256", "X.509"])
        func right(way: String) throws {
            let servers = try servers()
            let uri =
                way == "X.509"
                ? servers.mongodb("", Self.x509 + "&tlsCertificateKeyFile=\(servers.file("client-both.pem"))")
                : servers.mongodb(
                    "\(way):\(SecuredServers.password)@", "authSource=admin&authMechanism=\(way)")
            let daemon = try daemon(uri)
            try daemon.start()
            try store("r1", in: daemon)
            try Arrival.expect(["r1"], in: daemon, within: 30)
            #expect(daemon.stop() == 0)
        }

        struct Mistake: Sendable, CustomTestStringConvertible {
            let name: String
            let uri: @Sendable (SecuredServers) -> String
            let words: [String]
            var testDescription: String { name }
        }

        static let mistakes = [
            Mistake(
                name: "wrong password", uri: { $0.mongodb("SCRAM-SHA-256:wrong-password@", "authSource=admin") },
                words: ["MongoDB refuses user or password"]),
            Mistake(
                name: "wrong CA",
                uri: { $0.mongodb("SCRAM-SHA-256:right-password@", ca: "other-ca.pem", "authSource=admin") },
                words: ["signed by an authority that is not trusted", "tlsCAFile"]),
            Mistake(
                name: "client certificate missing", uri: { $0.mongodb("", x509) },
                words: ["a certificate and none is given", "tlsCertificateKeyFile"]),
            Mistake(
                name: "client certificate expired",
                uri: { $0.mongodb("", x509 + "&tlsCertificateKeyFile=\($0.file("client-expired-both.pem"))") },
                words: ["refuse the client's certificate", "client-expired-both.pem has expired on"]),
            Mistake(
                name: "no password at all", uri: { $0.mongodb("", "authSource=admin") },
                words: ["MongoDB wants a user and password"]),
        ]

        @Test("what is wrong is named in status, nothing is lost, and it goes on once mended", arguments: mistakes)
        func wrong(mistake: Mistake) throws {
            let servers = try servers()
            let daemon = try daemon(mistake.uri(servers))
            try daemon.start()
            try store("w1", in: daemon)
            names(mistake.words, daemon)
            #expect(daemon.stop() == 0)
            try point(daemon, at: servers.mongodb("SCRAM-SHA-256:right-password@", "authSource=admin"))
            try daemon.start()
            try Arrival.expect(["w1"], in: daemon, within: 30)
            #expect(daemon.stop() == 0)
        }

        @Test(
            "a server's bad certificate is named, and a running daemon goes on by itself when it is renewed",
            arguments: [
                ("expired", ["MongoDB's certificate has expired"]),
                ("strange", ["MongoDB's certificate is for another host"]),
            ])
        func renewed(certificate: String, words: [String]) throws {
            let servers = try servers()
            if certificate == "expired" { try makeBrief(servers) }
            try rotate(servers, to: certificate == "expired" ? "brief" : certificate)
            defer { try? rotate(servers, to: "server") }
            if certificate == "expired" {
                let read = ["x509", "-checkend", "0", "-noout", "-in", servers.file("brief-both.pem")]
                try eventually(within: 10, "it expires") { try Command.run("/usr/bin/openssl", read).status == 1 }
            }
            let daemon = try daemon(servers.mongodb("SCRAM-SHA-256:right-password@", "authSource=admin"))
            try daemon.start()
            try store("n1", in: daemon)
            names(words, daemon)
            try rotate(servers, to: "server")
            try Arrival.expect(["n1"], in: daemon, within: 30)
            #expect(daemon.stop() == 0)
        }

        /// A certificate of the server that runs out while it is used: mongod takes none that has expired already.
        private func makeBrief(_ servers: SecuredServers) throws {
            let script = #"""
                set -e; cd "$1"; : >index; printf 'unique_subject = no\n' >index.attr
                printf '[ca]\ndefault_ca=x\n[x]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n' >brief.conf
                printf 'x509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n' >>brief.conf
                openssl req -new -key server.key -subj /CN=localhost -out brief.request
                openssl ca -batch -notext -config brief.conf -cert ca.pem -keyfile ca.key -in brief.request -out brief.pem \
                    -startdate "$(date -u -d '-1 hour' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '+3 seconds' +%Y%m%d%H%M%SZ)"
                cat server.key brief.pem >brief-both.pem
                """#
            let made = try Command.run("/bin/bash", ["-c", script, "bash", servers.file("")])
            try #require(made.status == 0, "\(made.errors)")
        }

        /// Puts another certificate into MongoDB's file and has it read again, over a connection that looks at none.
        private func rotate(_ servers: SecuredServers, to name: String) throws {
            try Files.replace(
                servers.file("mongo.pem"), with: try Files.read(servers.file("\(name)-both.pem")), mode: 0o600)
            let client = try MongoClient.open(
                uri: servers.mongodb("admin:admin-password@", "authSource=admin&tlsInsecure=true"))
            defer { client.close() }
            try client.runCommand(database: "admin", ["rotateCertificates": 1])
        }
    }
}
