// `clickd doctor` with real servers: each planted misconfiguration is found, named, and has its remedy; what is in order is
// said to be.
import JSON
import Kafka
import Linux
import Mongo
import TestSupport
import Testing

/// One finding of `clickd doctor --json`.
struct Diagnosis {
    let check: String
    let verdict: String
    let text: String
    let remedy: String?

    static func read(_ json: String) throws -> [Diagnosis] {
        let bytes = Array(json.utf8)
        return try JSONParser.make(capacity: max(64, bytes.count), maxDepth: 8).parse(copying: bytes) { tape in
            var all: [Diagnosis] = []
            guard let findings = tape.member("findings", of: tape.top) else { return all }
            tape.elements(of: findings) { finding in
                var texts: [String: String] = [:]
                tape.members(of: finding) { key, value in
                    guard tape.kind(value) == .string else { return }
                    texts[String(decoding: key, as: UTF8.self)] = String(decoding: tape.string(value), as: UTF8.self)
                }
                all.append(
                    Diagnosis(
                        check: texts["check"] ?? "", verdict: texts["verdict"] ?? "", text: texts["text"] ?? "",
                        remedy: texts["remedy"]))
            }
            return all
        }
    }

    /// What the doctor says of this daemon.
    static func of(_ daemon: TestDaemon) throws -> [Diagnosis] {
        let result = try daemon.run(["doctor", "--json"])
        let findings = try read(result.output)
        #expect(!findings.isEmpty, "\(result.output)\(result.errors)")
        #expect(result.status == (findings.contains { $0.verdict == "problem" } ? 1 : 0))
        return findings
    }
}

extension [Diagnosis] {
    /// Found as a problem, with words of the cause in the sentence and words of the way out in the remedy.
    func expect(
        _ check: String, _ words: String, remedy: String, sourceLocation: SourceLocation = #_sourceLocation
    ) { find("problem", check, words, remedy, sourceLocation) }

    /// The same as a warning.
    func warns(_ check: String, _ words: String, remedy: String, sourceLocation: SourceLocation = #_sourceLocation) {
        find("warning", check, words, remedy, sourceLocation)
    }

    private func find(
        _ verdict: String, _ check: String, _ words: String, _ remedy: String, _ location: SourceLocation
    ) {
        let found = filter { $0.check == check }
        #expect(
            found.contains {
                $0.verdict == verdict && $0.text.contains(words) && $0.remedy?.contains(remedy) == true
            }, "\(check): \(found.isEmpty ? "nothing" : "\(found)")", sourceLocation: location)
    }
}

@Suite("The doctor finds", .waiting, .enabled(if: Servers.areThere)) struct DoctorTests {
    private func replaceTopic(_ daemon: TestDaemon, _ configuration: [String: String]) throws {
        let admin = try Admin.open(["bootstrap.servers": try #require(Servers.kafka)])
        try admin.createTopic(
            daemon.topic, partitions: 3, replication: 1, configuration: configuration, timeoutMilliseconds: 20_000)
    }

    @Test("a topic that is missing")
    func missingTopic() throws {
        let daemon = try TestDaemon()
        let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self).split(separator: "\n").filter {
            !$0.hasPrefix("create_topic") && !$0.hasPrefix("partitions") && !$0.hasPrefix("replication")
        }.joined(separator: "\n")
        try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o644)
        try Diagnosis.of(daemon).expect(
            "topic.exists", "\(daemon.topic) does not exist", remedy: "kafka-topics.sh --create --topic \(daemon.topic)"
        )
    }

    @Test(
        "every setting of a topic that breaks a promise: compacted, one copy, one in sync, unclean, small, clocks, short"
    )
    func topic() throws {
        let daemon = try TestDaemon()
        try replaceTopic(
            daemon,
            [
                "cleanup.policy": "compact,delete", "min.insync.replicas": "1",
                "unclean.leader.election.enable": "true",
                "max.message.bytes": "20000", "message.timestamp.type": "CreateTime", "retention.ms": "3600000",
            ])
        let found = try Diagnosis.of(daemon)
        let alter = "kafka-configs.sh --alter --entity-type topics --entity-name \(daemon.topic) --add-config "
        found.expect("topic.cleanup_policy", "is compacted", remedy: alter + "cleanup.policy=delete")
        found.expect("topic.replication", "has 1 replica, 3 are safe", remedy: "kafka-reassign-partitions.sh")
        found.expect("topic.min_insync_replicas", "on one disk only", remedy: alter + "min.insync.replicas=2")
        found.expect("topic.unclean_election", "unclean", remedy: alter + "unclean.leader.election.enable=false")
        found.expect("topic.max_message_bytes", "max.message.bytes=20000", remedy: alter + "max.message.bytes=")
        found.warns(
            "topic.timestamp_type", "CreateTime", remedy: alter + "message.timestamp.type=LogAppendTime")
        found.warns("topic.retention", "no longer than that", remedy: alter + "retention.ms=")
        // For people: 80 columns, problems first, what to do under each.
        let shown = try daemon.run(["doctor", "--quiet"])
        let lines = shown.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("PROBLEM") == true)
        #expect(lines.contains { $0.hasPrefix("      -> kafka-configs.sh") })
        #expect(lines.allSatisfy { $0.count <= 80 || $0.split(separator: " ").count == 1 }, "\(shown.output)")
        #expect(!shown.output.contains("\nok "))
    }

    @Test("a topic that keeps events longer than MongoDB does")
    func retention() throws {
        let daemon = try TestDaemon()
        try Files.replace(
            daemon.configPath,
            with: Array(
                String(decoding: try Files.read(daemon.configPath), as: UTF8.self).replacingFirst(
                    of: "database =", with: "retain = \"2 days\"\ndatabase ="
                ).utf8), mode: 0o644)
        try replaceTopic(daemon, ["retention.ms": "604800000"])
        try Diagnosis.of(daemon).expect(
            "topic.retention", "keeps events 7 days, MongoDB 2", remedy: "retention.ms=86400000")
    }

    @Test("Kafka and MongoDB that are away, without waiting for them for long")
    func away() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        let begin = Monotonic.now
        let found = try Diagnosis.of(daemon)
        #expect(Monotonic.seconds(from: begin, to: .now) < 90)
        found.expect("kafka.reach", "127.0.0.1:1", remedy: "kafka.brokers")
        found.expect("mongodb.reach", "127.0.0.1:1", remedy: "mongod runs")
    }

    @Test("sockets with another mode than configured, a removed one, and too few open files, of a running daemon")
    func sockets() throws {
        let daemon = try TestDaemon(intake: "max_connections = 2000")
        let process = try daemon.start()
        chmod(daemon.streamSocket, 0o666)
        unlink(daemon.datagramSocket)
        try Command.run("/usr/bin/prlimit", ["--pid", "\(process.pid)", "--nofile=1000:1000"])
        let found = try Diagnosis.of(daemon)
        found.expect("socket.stream", "has mode 0666, intake.socket_mode says 0660", remedy: "chmod 0660")
        found.expect("socket.datagram", "is no socket", remedy: "systemctl restart clickd")
        found.warns("socket.senders", "every user of this host may send", remedy: "allow_users")
        found.expect("kernel.open_files", "may open 1000 files", remedy: "LimitNOFILE=65536")
    }

    @Test("secrets that everybody may read: in a file, and in the configuration")
    func secrets() throws {
        let folder = try TemporaryFolder()
        let secret = folder.path + "/password"
        try Files.replace(secret, with: Array("hush\n".utf8), mode: 0o644)
        let daemon = try TestDaemon(
            kafka: "127.0.0.1:1", mongodb: "mongodb://u:hush@127.0.0.1:1",
            extra: "[kafka.client]\n\"sasl.password_file\" = \"\(secret)\"\n")
        let result = try daemon.run(["doctor", "--json"])
        let found = try Diagnosis.read(result.output)
        found.expect(
            "secret.file", "\(secret) holds a secret and everybody may read it", remedy: "chmod 0640 \(secret)")
        found.expect("secret.configuration", "holds mongodb.uri, and everybody may read it", remedy: "uri_file")
        #expect(!result.output.contains("hush") && !result.errors.contains("hush"))
    }

    @Test("connections that others can read, certificates unchecked and expired, UDP and HTTP open to the world")
    func exposure() throws {
        let servers = try SecuredServers.shared()
        // Addresses of documentation (RFC 5737) lead nowhere.
        let daemon = try TestDaemon(
            kafka: "192.0.2.1:9092",
            mongodb:
                "mongodb://u:p@192.0.2.1/?tls=true&tlsAllowInvalidCertificates=true&tlsCAFile=\(servers.file("ca.pem"))"
                + "&tlsCertificateKeyFile=\(servers.file("client-expired-both.pem"))",
            extra: "[kafka.client]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanism\" = \"PLAIN\"\n"
                + "\"sasl.username\" = \"u\"\n\"sasl.password\" = \"p\"\n"
                + "[web]\nlisten = \"0.0.0.0:18080\"\nwrite_keys = { shop = \"k\" }\ntrust_proxy = true\n")
        let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self).replacingFirst(
            of: "udp = \"127.0.0.1:", with: "udp_allow = [\"0.0.0.0/0\"]\nudp = \"0.0.0.0:"
        ).replacingFirst(of: "[metrics]\nlisten = \"\"", with: "[metrics]\nlisten = \"0.0.0.0:19181\"")
        try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o600)
        let begin = Monotonic.now
        let found = try Diagnosis.of(daemon)
        #expect(Monotonic.seconds(from: begin, to: .now) < 90)
        found.expect("kafka.tls", "the password go to Kafka without TLS", remedy: "\"SASL_SSL\"")
        found.expect("mongodb.verification", "anybody can be MongoDB", remedy: "tlsCAFile")
        found.expect("mongodb.client_certificate", "has expired on", remedy: "renewed")
        found.expect("intake.udp", "takes events from anywhere (0.0.0.0/0)", remedy: "intake.udp_allow = [")
        found.expect("web.trust_proxy", "believes X-Forwarded-For", remedy: "web.trust_proxy = false")
        found.warns("metrics.listen", "without a password", remedy: "metrics.listen = \"127.0.0.1:19181\"")
        found.warns("web.listen", "without TLS", remedy: "behind a proxy")
    }

    @Test("a broker's certificate that others' clocks have left behind: named with TLS's own cause")
    func certificate() throws {
        let servers = try SecuredServers.shared()
        let daemon = try TestDaemon(kafka: servers.kafka("expired"), extra: servers.login("PLAIN"))
        try Diagnosis.of(daemon).expect(
            "kafka.reach", "the broker's certificate has expired", remedy: "[kafka.client]")
    }

    @Test("a standalone MongoDB, indexes gone, and a time to live that is another than configured")
    func mongodb() throws {
        let daemon = try TestDaemon()
        let events = try daemon.events()
        try events.createIndexes([MongoIndex(["receivedAt": 1], name: "expiry", expireAfter: .seconds(86_400))])
        let found = try Diagnosis.of(daemon)
        found.expect(
            "mongodb.retain", "deletes events after 86400 s, and mongodb.retain is not set", remedy: "restart clickd")
        found.expect("mongodb.indexes", "has no index \"time\"", remedy: "restart clickd")
        try StandaloneMongo.lend { uri in
            let alone = try TestDaemon(mongodb: uri)
            try Diagnosis.of(alone).expect("mongodb.replicas", "a standalone server", remedy: "--replSet")
        }
    }

    @Test("a disk that is memory, and one too small for the outbox")
    func disk() throws {
        let memory = "/dev/shm/clickd-doctor-\(Files.randomHex(bytes: 4))"
        try Files.makeFolder(memory, mode: 0o700)
        defer { rmdir(memory) }
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self).replacingFirst(
            of: "path = \"\(daemon.outboxPath)\"", with: "path = \"\(memory)\"\nmax_bytes = \"900000 GiB\"")
        try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o644)
        let found = try Diagnosis.of(daemon)
        found.expect("disk.kind", "is in memory (tmpfs)", remedy: "outbox.path")
        found.warns("disk.room", "the outbox ends at", remedy: "outbox.max_bytes")
        #expect(try Command.run("/bin/ls", ["-A", memory]).output.isEmpty, "the measuring file is removed")
    }

    @Test("a kernel with short queues", .enabled(if: geteuid() == 0))
    func kernel() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        // A network namespace has queues of its own; nothing else is changed.
        let result = try Command.run(
            "/usr/bin/unshare",
            [
                "--net", "/bin/sh", "-c",
                "echo 5 >/proc/sys/net/unix/max_dgram_qlen; echo 16 >/proc/sys/net/core/somaxconn; "
                    + "exec \"\(Command.clickd)\" doctor --json --config \"\(daemon.configPath)\"",
            ])
        let found = try Diagnosis.read(result.output)
        found.warns(
            "kernel.unix_datagrams", "net.unix.max_dgram_qlen is 5", remedy: "sysctl -w net.unix.max_dgram_qlen=512")
        found.warns("kernel.backlog", "somaxconn is 16", remedy: "sysctl -w net.core.somaxconn=1024")
    }

    @Test("an outbox with other pages than clickd's, and one that is no database, without touching either")
    func outbox() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        try Files.makeFolder(daemon.outboxPath, mode: 0o700)
        let path = daemon.outboxPath + "/outbox.db"
        try Command.run("/usr/bin/sqlite3", [path, "PRAGMA page_size=4096; PRAGMA user_version=99; CREATE TABLE a(b)"])
        let before = try Files.read(path)
        let found = try Diagnosis.of(daemon)
        found.warns("outbox.page_size", "pages are 4096 bytes", remedy: "stop clickd")
        found.expect("outbox.format", "has format 99", remedy: "install the clickd that wrote it")
        #expect(try Files.read(path) == before)
        try Files.replace(path, with: Array("rubbish".utf8))
        try Diagnosis.of(daemon).expect("outbox.file", "is no SQLite database", remedy: "backup")
    }

    @Test("events that nobody consumes")
    func lag() throws {
        let daemon = try TestDaemon(roles: ["intake", "forwarder"])
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("l1") + "\n" + event("l2") + "\n")
        _ = client.answers(upTo: 2)
        eventually(within: 20, "both are in Kafka") { daemon.status()?["ledger.forwarded"] == 2 }
        try Diagnosis.of(daemon).warns(
            "group.lag", "2 events behind and has no members", remedy: "\"consumer\" in pipeline.roles")
    }

    @Test("nothing, where all is well: three brokers, three copies, a running daemon")
    func well() throws {
        try OwnServers.lend(["--kafka", "3"]) { servers in
            let daemon = try TestDaemon(kafka: servers.kafka, mongodb: servers.mongodb)
            let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self).replacingFirst(
                of: "replication = 1", with: "replication = 3")
            try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o644)
            try daemon.start()
            eventually(within: 30, "the topic is there: \(daemon.status()?.reasons ?? [])") {
                daemon.status()?.state == "running" && daemon.status()?["consumer.partitions"] == 3
            }
            let found = try Diagnosis.of(daemon)
            #expect(found.filter { $0.verdict == "problem" }.isEmpty, "\(found.filter { $0.verdict == "problem" })")
            // What the machine of the test may lack.
            let ours = [
                "kernel.unix_datagrams", "kernel.udp_buffer", "socket.senders", "clock.ntp", "mongodb.replicas",
                "disk.room",
                "disk.fsync", "disk.kind",
            ]
            let warnings = found.filter { $0.verdict == "warning" && !ours.contains($0.check) }
            #expect(warnings.isEmpty, "\(warnings)")
            for check in [
                "outbox.journal_mode", "outbox.synchronous", "outbox.locking_mode", "topic.replication", "secret.core",
            ] {
                #expect(found.contains { $0.check == check && $0.verdict == "ok" }, "\(check)")
            }
            #expect(daemon.stop() == 0)
        }
    }
}
