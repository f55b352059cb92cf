// SIGHUP on a real daemon: new values take effect while every connection stays; a wrong file changes nothing; credentials
// are rotated under load.
import Kafka
import Linux
import Mongo
import TestSupport
import Testing

extension TestDaemon {
    /// Changes lines of the configuration; one that is not there is an issue.
    func edit(_ changes: [(String, String)]) throws {
        var text = String(decoding: try Files.read(configPath), as: UTF8.self)
        for (old, new) in changes {
            let range = try #require(text.firstRange(of: old), "\(old) stands in the configuration")
            text.replaceSubrange(range, with: new)
        }
        try Files.replace(configPath, with: Array(text.utf8), mode: 0o644)
    }

    /// SIGHUP; waits until the daemon has said `count` times that it read the configuration, and gives what it said since.
    func reload(_ expected: String, _ location: SourceLocation = #_sourceLocation) {
        let before = process?.errors.count ?? 0
        process?.signal(SIGHUP)
        eventually(
            within: 10, "\(expected): \(process?.errors.dropFirst(before) ?? "")", sourceLocation: location
        ) { process?.errors.dropFirst(before).contains(expected) == true }
    }
}

@Suite(.waiting) struct ReloadTests {
    @Test("limits and allow lists take effect, one line a key, and no connection is dropped")
    func limits() throws {
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1",
            intake: "max_event_bytes = 2048\nmax_connections = 1\nwhen_full = \"wait\"",
            outbox: "max_bytes = \"4 MiB\"")
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        let large = event("large", #","x":"\#(String(repeating: "x", count: 5000))""#) + "\n"
        client.send(event("a") + "\n" + large)
        #expect(client.answers(upTo: 2).contains { $0.hasPrefix("NO 2 too_large") })

        // The largest event, while the connection stays.
        try daemon.edit([("max_event_bytes = 2048", "max_event_bytes = \"300 KiB\"")])
        daemon.reload("intake.max_event_bytes is taken")
        let larger = event("larger", #","x":"\#(String(repeating: "x", count: 290_000))""#) + "\n"
        var lines = 2
        eventually(within: 5, "the larger event fits") {
            client.send(larger)
            lines += 1
            return !client.answers(upTo: lines).contains { $0.hasPrefix("NO") }
        }

        // A second connection waits until there may be two.
        let second = try StreamClient(daemon.streamSocket, hello: false)
        second.send("CLICKD/1 ACK\n")
        try daemon.edit([("max_connections = 1", "max_connections = 2")])
        daemon.reload("intake.max_connections is taken")
        second.send(event("b") + "\n")
        #expect(second.answers(upTo: 1) == ["CLICKD/1 OK", "OK 1"])

        // The outbox's room: full, then larger.
        let filler = event("f", #","x":"\#(Files.randomHex(bytes: 100_000))""#) + "\n"
        try daemon.edit([("when_full = \"wait\"", "when_full = \"refuse\"")])
        daemon.reload("intake.when_full is taken")
        eventually(within: 20, "it is full") {
            second.send(filler)
            eventually(within: 5, "counted") { daemon.status()?["ledger.pending"] == 0 }
            return (daemon.status()?["ledger.rejected.full"] ?? 0) > 0
        }
        try daemon.edit([("max_bytes = \"4 MiB\"", "max_bytes = \"64 MiB\"")])
        daemon.reload("outbox.max_bytes is taken")
        #expect(daemon.status()?["outbox.max_bytes"] == 64 << 20)
        let stored = daemon.status()?["ledger.stored"] ?? 0
        eventually(within: 5, "there is room again") {
            second.send(event("room") + "\n")
            return (daemon.status()?["ledger.stored"] ?? 0) > stored
        }
        // The disk's floor, up to where no disk reaches, and down again.
        try daemon.edit([("min_free_bytes = \"16 MiB\"", "min_free_bytes = \"1000000 GiB\"")])
        daemon.reload("outbox.min_free_bytes is taken")
        eventually(within: 5, "no new events are taken") {
            daemon.status()?.reasons.contains { $0.contains("min_free_bytes") } == true
        }
        try daemon.edit([("min_free_bytes = \"1000000 GiB\"", "min_free_bytes = \"16 MiB\"")])
        daemon.reload("outbox.min_free_bytes is taken")
        eventually(within: 5, "they are taken again") {
            daemon.status()?.reasons.contains { $0.contains("min_free_bytes") } == false
        }
        // And the first connection is still the same one.
        let received = daemon.status()?["ledger.received"] ?? 0
        client.send(event("last") + "\n")
        eventually(within: 5, "the first connection lives") { (daemon.status()?["ledger.received"] ?? 0) > received }
        #expect(daemon.status()?.isBalanced == true)
    }

    @Test("who may send: users over the socket, addresses over UDP")
    func allowed() throws {
        let daemon = try lonelyDaemon(intake: "udp_allow = []\nallow_users = []")
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("a") + "\n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let datagrams = try LocalSocket.connect(.datagram, path: daemon.datagramSocket)
        try daemon.edit([("udp_allow = []", "udp_allow = [\"10.0.0.0/8\"]"), ("allow_users = []", "allow_users = [1]")])
        daemon.reload("intake.allow_users is taken")
        eventually(within: 5, "a user that may not send any more is let go") {
            client.send(event("b") + "\n")
            return client.line() == nil
        }
        let received = daemon.status()?["ledger.received"] ?? 0
        _ = Files.writeAll(datagrams.raw, Array(event("d").utf8))
        let udp = try UDPClient.open(port: daemon.udpPort)
        _ = Files.writeAll(udp.raw, Array(event("u").utf8))
        try daemon.edit([("\"10.0.0.0/8\"", "\"127.0.0.0/8\""), ("allow_users = [1]", "allow_users = [\(getuid())]")])
        daemon.reload("intake.udp_allow is taken")
        #expect(daemon.status()?["ledger.received"] == received, "neither was heard")
        eventually(within: 5, "both are heard") {
            _ = Files.writeAll(datagrams.raw, Array(event("d").utf8))
            _ = Files.writeAll(udp.raw, Array(event("u").utf8))
            return (daemon.status()?["ledger.received"] ?? 0) >= received + 2
        }
    }

    @Test("the log's level changes; what needs a restart is said and stays; a reload without a change says so")
    func level() throws {
        let daemon = try lonelyDaemon()
        try daemon.edit([
            ("level = \"debug\"", "level = \"notice\"\n[host]\nname = \"another\"")
        ])
        daemon.reload("host.name needs a restart")
        let host = daemon.status()?.texts["host"]
        #expect(host != nil && host != "another")
        #expect(daemon.process?.errors.contains("log.level is taken") == true)
        try daemon.edit([("\n[host]\nname = \"another\"", "")])
        daemon.reload("nothing has changed")
        // Every reload begins with a notice; from when the level is taken they are written no more.
        func said() -> String { daemon.process?.errors ?? "" }
        let notice = "configuration: reading it again"
        let notices = said().ranges(of: notice).count
        try daemon.edit([("level = \"notice\"", "level = \"error\"")])
        daemon.process?.signal(SIGHUP)
        eventually(within: 10, "it is read") { said().ranges(of: notice).count > notices }
        eventually(within: 10, "there are no more notices") {
            let before = said().count
            daemon.process?.signal(SIGHUP)
            usleep(300_000)
            return said().count == before
        }
        let before = said().count
        // A file that is wrong is said all the same.
        try daemon.edit([("level = \"error\"", "level = \"none\"")])
        daemon.process?.signal(SIGHUP)
        eventually(within: 10, "only the error is said") {
            said().dropFirst(before).contains("log.level is \"none\"")
        }
        #expect(!said().dropFirst(before).contains(notice), "\(said().dropFirst(before))")
    }

    @Test(
        "a wrong file changes nothing: the mistake is said with file, line and key, and status shows it until it is right"
    )
    func wrong() throws {
        let daemon = try lonelyDaemon(intake: "max_connections = 3")
        try daemon.edit([("max_connections = 3", "max_connections = 2\nwhen_ful = \"wait\"")])
        daemon.reload("the old one stays")
        let said = daemon.process?.errors ?? ""
        #expect(said.contains("\(daemon.configPath):6: intake.when_ful is no key"), "\(said)")
        #expect(!said.contains("intake.max_connections is taken"))
        let reason = daemon.status()?.reasons.first { $0.hasPrefix("configuration: ") }
        #expect(reason?.contains("when_ful") == true, "\(daemon.status()?.reasons ?? [])")
        // What only asks or sends needs no more of the file than where the socket is.
        for arguments in [["status"], ["send", "--ack", "/dev/null"]] {
            let done = try Command.run(Command.clickd, arguments + ["--config", daemon.configPath])
            #expect(done.status == (arguments == ["status"] ? 3 : 0), "\(done)")
            #expect(done.errors.contains("goes on, but the configuration is wrong: \(daemon.configPath):6: "))
        }
        let checked = try Command.run(Command.clickd, ["check-config", "--config", daemon.configPath])
        #expect(checked.status == 2)
        try daemon.edit([("\nwhen_ful = \"wait\"", "")])
        daemon.reload("intake.max_connections is taken")
        #expect(daemon.status()?.reasons.contains { $0.hasPrefix("configuration") } == false)
        // What only a library can judge: nothing is closed for it.
        try daemon.edit([
            (
                "[mongodb]",
                "[kafka.client]\n\"ssl.ca.location\" = \"/nowhere\"\n\"security.protocol\" = \"SSL\"\n[mongodb]"
            )
        ])
        daemon.reload("the old one stays")
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("a") + "\n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        #expect(daemon.stop() == 0)
    }

    @Test("systemd hears RELOADING=1 with the time, then READY=1")
    func notified() throws {
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        let path = daemon.folder.path + "/notify"
        let inbox = try LocalSocket.bind(.datagram, path: path, mode: 0o666, group: nil)
        try daemon.start(environment: ["NOTIFY_SOCKET": path])
        var heard: [String] = []
        func hear() {
            var chunk = [UInt8](repeating: 0, count: 8192)
            while true {
                let count = read(inbox.raw, &chunk, chunk.count)
                guard count > 0 else { return }
                heard += String(decoding: chunk[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
        eventually(within: 10, "it is ready") {
            hear()
            return heard.contains("READY=1")
        }
        heard = []
        daemon.reload("nothing has changed")
        eventually(within: 10, "reloaded: \(heard)") {
            hear()
            return heard.contains("READY=1")
        }
        let begun = try #require(heard.firstIndex(of: "RELOADING=1"))
        let time = try #require(heard[begun + 1].split(separator: "=").last.flatMap { Int64($0) })
        #expect(heard[begun + 1].hasPrefix("MONOTONIC_USEC="))
        #expect((0..<10_000_000).contains(Monotonic.now.nanoseconds / 1000 - time))
        #expect((heard.firstIndex(of: "READY=1") ?? 0) > begun)
    }
}

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct RotationTests {
    /// Whom MongoDB knows by a password; it asks for none where no access control is on, but checks one that is shown.
    private func user(_ daemon: TestDaemon, _ mongodb: String, _ verb: String, _ password: String) throws {
        let client = try MongoClient.open(uri: mongodb)
        try client.runWriteCommand(
            database: daemon.database,
            [
                verb: "rotated", "pwd": .string(password),
                "roles": [["role": "readWrite", "db": .string(daemon.database)]],
            ])
    }

    private func uri(_ daemon: TestDaemon, _ mongodb: String, _ password: String) -> [UInt8] {
        let rest = mongodb.dropFirst("mongodb://".count)
        let more = rest.contains("/?") ? "&" : rest.contains("/") ? "?" : "/?"
        return Array("mongodb://rotated:\(password)@\(rest)\(more)authSource=\(daemon.database)\n".utf8)
    }

    @Test(
        "a MongoDB password is rotated under load: nothing lost, nothing twice, no sender dropped",
        arguments: [TestDaemon.Mode.kafka, .direct])
    func mongoPassword(mode: TestDaemon.Mode) throws {
        try OwnServers.lend(mode == .direct ? ["--no-kafka"] : []) { servers in
            let kafka = mode == .direct ? "127.0.0.1:1" : servers.kafka
            let daemon = try TestDaemon(mode: mode, kafka: kafka, mongodb: servers.mongodb)
            let file = daemon.folder.path + "/uri"
            try user(daemon, servers.mongodb, "createUser", "one")
            try Files.replace(file, with: uri(daemon, servers.mongodb, "one"), mode: 0o600)
            try daemon.edit([("uri = \"\(servers.mongodb)\"", "uri_file = \"\(file)\"")])
            try daemon.start()
            try #require(daemon.status() != nil)
            let sender = try SteadySender("r", to: daemon.streamSocket, perSecond: 1000)
            func arrive(_ what: String) throws {
                let before = try daemon.events().estimatedCount()
                eventually(within: 60, "\(what): \(daemon.status()?.json ?? "")") {
                    ((try? daemon.events().estimatedCount()) ?? 0) > before + 1000
                }
            }
            try arrive("events arrive")
            // In order: the file, a reload.
            try user(daemon, servers.mongodb, "updateUser", "two")
            try Files.replace(file, with: uri(daemon, servers.mongodb, "two"), mode: 0o600)
            daemon.reload("mongodb.uri_file is taken")
            try arrive("events arrive with the second password")
            // The hard way: the old password is refused before the new one is in the file.
            try user(daemon, servers.mongodb, "updateUser", "three")
            try servers.restart(.mongo)
            eventually(within: 60, "it is refused: \(daemon.status()?.json ?? "")") {
                daemon.status()?.reasons.contains { $0.hasPrefix("mongodb:") && $0.contains("uthentication") } == true
            }
            try Files.replace(file, with: uri(daemon, servers.mongodb, "three"), mode: 0o600)
            daemon.reload("mongodb.uri_file is taken")
            try arrive("events arrive with the last password")
            let end = try #require(sender.finish(within: 60))
            try Arrival.expect(sender.acknowledged(end), in: daemon, within: 90)
            let status = Arrival.settled(daemon, within: 60)
            #expect(status?["ledger.inserted"] == end.stored, "\(status?.json ?? "")")
            #expect(status?["ledger.duplicates"] == 0)
            for password in ["rotated:two", "rotated:three"] {
                #expect(daemon.process?.errors.contains(password) == false, "a password is never logged")
            }
            #expect(end.reconnects == 0, "no sender was dropped")
            #expect(daemon.stop() == 0)
        }
    }

    @Test("a topic that is missing, for Kafka is another: named, never made by accident, found after a reload")
    func brokers() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1")
        try daemon.edit([("create_topic = true\npartitions = 3\nreplication = 1", "create_topic = false")])
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("waits") + "\n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        try daemon.edit([("127.0.0.1:1\"", "\(try #require(Servers.kafka))\"")])
        daemon.reload("kafka.brokers is taken")
        eventually(within: 20, "Kafka is found, the topic is not: \(daemon.status()?.reasons ?? [])") {
            daemon.status()?.reasons.contains { $0.contains("does not exist") } == true
        }
        try daemon.edit([("create_topic = false", "create_topic = true\npartitions = 2\nreplication = 1")])
        daemon.reload("kafka.create_topic is taken")
        try Arrival.expect(["waits"], in: daemon, within: 60)
        #expect(Arrival.settled(daemon)?["consumer.partitions"] == 2)
    }

    @Test("Kafka's client properties are changed under load: nothing lost, a visitor's order kept")
    func kafkaProperties() throws {
        let daemon = try TestDaemon()
        try daemon.edit([("[mongodb]", "[kafka.client]\n\"client.id\" = \"first\"\n[mongodb]")])
        try daemon.start()
        let sender = try SteadySender("p", to: daemon.streamSocket, perSecond: 3000)
        let events = try daemon.events()
        for (old, new) in [("first", "second"), ("second", "third")] {
            let before = try events.estimatedCount()
            eventually(within: 30, "events arrive") { (try? events.estimatedCount()) ?? 0 > before }
            try daemon.edit([("\"client.id\" = \"\(old)\"", "\"client.id\" = \"\(new)\"")])
            daemon.reload("kafka.client is taken")
        }
        let before = try events.estimatedCount()
        eventually(within: 30, "events arrive with the last client") { (try? events.estimatedCount()) ?? 0 > before }
        let end = try #require(sender.finish(within: 60))
        try Arrival.expect(sender.acknowledged(end), in: daemon, within: 60)
        let status = Arrival.settled(daemon)
        #expect(status?["ledger.inserted"] == end.stored, "\(status?.json ?? "")")
        // Numbers grow with the offsets, in each partition.
        let found = try events.find([:], projection: ["kafka": 1], sort: ["kafka.p": 1, "kafka.o": 1]).all()
        var last: [Int64: Int] = [:]
        for document in found {
            let partition = document.integer("kafka.p") ?? -1
            let number = document.string("_id").flatMap { Int($0.dropFirst(2)) } ?? -1
            #expect(number > last[partition] ?? -1)
            last[partition] = number
        }
        #expect(end.reconnects == 0, "no sender was dropped")
    }
}
