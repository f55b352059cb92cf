// `clickd dead` on real servers: events that Kafka or MongoDB refuse are set aside, seen, sent again after the cause is
// gone, or given up; nothing is lost, doubled or counted wrongly, whatever is killed in the middle.
import JSON
import Kafka
import Linux
import Mongo
import TestSupport
import Testing

/// `clickd dead … --json`: its one object's numbers.
private func counts(_ result: Command) throws -> [String: Int] {
    var found: [String: Int] = [:]
    let bytes = Array(result.output.utf8)
    try JSONParser.make(capacity: bytes.count, maxDepth: 4).parse(copying: bytes) { tape in
        tape.members(of: tape.top) { key, value in
            if tape.kind(value) == .integer { found[String(decoding: key, as: UTF8.self)] = Int(tape.integer(value)) }
        }
    }
    return found.filter { $0.value > 0 }
}

private func line(_ id: String, good: Bool = false, size: Int = 0) -> String {
    #"{"event":"e","messageId":"\#(id)","anonymousId":"v","properties":{"good":\#(good),"fill":"\#(Files.randomHex(bytes: size))"}}"#
        + "\n"
}

/// A rule of MongoDB's that refuses what `line` makes unless it is good; nil takes it away.
private func rule(_ daemon: TestDaemon, _ isOn: Bool, isNew: Bool = false) throws {
    let client = try MongoClient.open(uri: try #require(Servers.mongodb))
    let validator: BSONValue = isOn ? ["properties.good": true] : [:]
    try client.runWriteCommand(
        database: daemon.database, [isNew ? "create" : "collMod": "events", "validator": validator])
}

private func send(_ daemon: TestDaemon, _ text: String) throws {
    let sent = try daemon.run(["send", "--ack"], input: Array(text.utf8))
    #expect(sent.status == 0, "\(sent.errors)")
}

@Suite("Dead letters", .waiting, .serialized, .enabled(if: Servers.areThere)) struct DeadTests {
    @Test("mongodb: listed by code and time, shown whole, written after the rule is gone, counted where they went")
    func mongodb() throws {
        let daemon = try TestDaemon()
        try rule(daemon, true, isNew: true)
        try daemon.start()
        try send(daemon, (0..<20).map { line("m\($0)", good: $0 % 2 == 0) }.joined())
        eventually(within: 60, "ten are refused: \(daemon.status()?.json ?? "")") {
            daemon.status()?["ledger.consumer_dead"] == 10 && daemon.status()?["ledger.inserted"] == 10
        }
        let listed = try daemon.run(["dead", "list", "--side", "mongodb", "--code", "mongodb_121", "--since", "1h"])
        #expect(listed.status == 0 && listed.output.split(separator: "\n").count == 11, "\(listed.output)")
        #expect(try daemon.run(["dead", "list", "--side", "mongodb", "--code", "x", "--json"]).output.isEmpty)
        #expect(try daemon.run(["dead", "list", "--side", "mongodb", "--until", "1h", "--json"]).output.isEmpty)
        let id = try #require(listed.output.split(separator: "\n").last?.split(separator: " ").first.map(String.init))
        let shown = try daemon.run(["dead", "show", id])
        #expect(shown.status == 0 && shown.output.contains(#""good":false"#), "\(shown.output)\(shown.errors)")

        // The rule still holds: refused again, still one letter each.
        let early = try daemon.run(["dead", "retry", "--side", "mongodb", "--json"])
        #expect(early.status == 1)
        #expect(try counts(early) == ["refused": 10])
        try rule(daemon, false)
        let one = try daemon.run(["dead", "retry", id, "--json"])
        #expect(one.status == 0, "\(one.errors)")
        #expect(try counts(one) == ["inserted": 1])
        let again = try daemon.run(["dead", "retry", id])
        #expect(again.status == 1 && again.errors.contains("no letter"))
        let dropped = try daemon.run(["dead", "drop", "--side", "mongodb", "--all", "--limit", "2", "--json"])
        #expect(try counts(dropped) == ["dropped": 2])
        let rest = try daemon.run(["dead", "retry", "--side", "mongodb", "--json"])
        #expect(try counts(rest) == ["inserted": 7])
        #expect(try daemon.events().count() == 18)
        #expect(try daemon.run(["dead", "list", "--side", "mongodb", "--json"]).output.isEmpty)
        eventually(within: 20, "nothing is left of them") { (try? daemon.collection("dead_letters").count()) == 0 }
        for _ in 0..<2 {
            eventually(within: 20, "the ledger has it: \(daemon.status()?.json ?? "")") {
                guard let status = daemon.status() else { return false }
                return status["ledger.inserted"] == 18 && status["ledger.consumer_dead"] == 2
                    && status["ledger.consumer_dropped"] == 2 && status["ledger.consumed"] == 20 && status.isBalanced
            }
            // And after a restart, with more events coming.
            #expect(daemon.stop() == 0)
            try daemon.start()
        }
    }

    @Test("mongodb: kill -9 in the middle of a retry, again and again: every event once, the ledger exact")
    func killedRetry() throws {
        let daemon = try TestDaemon()
        try rule(daemon, true, isNew: true)
        try daemon.start()
        try send(daemon, (0..<900).map { line("k\($0)") }.joined())
        eventually(within: 60, "all are refused: \(daemon.status()?.json ?? "")") {
            daemon.status()?["ledger.consumer_dead"] == 900
        }
        try rule(daemon, false)
        let events = try daemon.events()
        for round in 0..<12 {
            let retry = try Process.start(
                Command.clickd, ["dead", "retry", "--side", "mongodb", "--config", daemon.configPath])
            _ = retry.wait(seconds: 0.05 + Double(round) * 0.02)
            retry.signal(SIGKILL)
            retry.wait()
            // The consumer dies as well, perhaps while it moves its ledger.
            if round % 4 == 3 {
                daemon.kill()
                try daemon.start()
            }
        }
        print("killed retries wrote \(try events.count()) of 900")
        // Two at once, too.
        let both = try (0..<2).map { _ in
            try Process.start(Command.clickd, ["dead", "retry", "--side", "mongodb", "--config", daemon.configPath])
        }
        for process in both { #expect(process.wait(seconds: 60) == 0, "\(process.errors)") }
        #expect(try events.count() == 900)
        #expect(try daemon.run(["dead", "list", "--side", "mongodb", "--json"]).output.isEmpty)
        eventually(within: 20, "nothing is left of them") { (try? daemon.collection("dead_letters").count()) == 0 }
        eventually(within: 20, "the ledger has it: \(daemon.status()?.json ?? "")") {
            guard let status = daemon.status() else { return false }
            return status["ledger.inserted"] == 900 && status["ledger.consumer_dead"] == 0
                && status["ledger.duplicates"] == 0 && status["ledger.consumed"] == 900 && status.isBalanced
        }
    }

    @Test("an id seen before on another event: refused, again too, and written with --new-id; twice is as once")
    func conflict() throws {
        let daemon = try TestDaemon()
        try daemon.start()
        try send(daemon, line("same", good: true) + line("same", good: false))
        eventually(within: 60, "one is a conflict") { daemon.status()?["ledger.consumer_dead"] == 1 }
        let plain = try daemon.run(["dead", "retry", "--side", "mongodb", "--json"])
        #expect(plain.status == 1)
        #expect(try counts(plain) == ["refused": 1])
        let new = try daemon.run(["dead", "retry", "--side", "mongodb", "--new-id", "--json"])
        #expect(new.status == 0, "\(new.errors)")
        #expect(try counts(new) == ["inserted": 1])
        #expect(try counts(daemon.run(["dead", "retry", "--side", "mongodb", "--new-id", "--json"])).isEmpty)
        let ids = try daemon.events().find([:], sort: ["_id": 1]).all().compactMap { $0.string("_id") }
        #expect(ids.count == 2 && ids[0].hasPrefix("retried-") && ids[1] == "same", "\(ids)")
    }

    @Test("outbox: what a topic's limit refused goes out after the limit is raised, once, by a retry done twice")
    func topicLimit() throws {
        let daemon = try TestDaemon()
        let admin = try Admin.open(["bootstrap.servers": try #require(Servers.kafka)])
        try admin.createTopic(
            daemon.topic, partitions: 3, replication: 1,
            configuration: ["max.message.bytes": "2000", "message.timestamp.type": "LogAppendTime"],
            timeoutMilliseconds: 10_000)
        try daemon.start()
        try send(daemon, (0..<30).map { line("t\($0)", size: $0 < 6 ? 4000 : 10) }.joined())
        eventually(within: 60, "six are dead: \(daemon.status()?.json ?? "")") {
            daemon.status()?["ledger.dead"] == 6 && daemon.status()?["ledger.inserted"] == 24
        }
        let listed = try daemon.run(["dead", "list", "--side", "outbox"])
        #expect(listed.output.contains("msg_size_too_large"), "\(listed.output)")
        let id = try #require(listed.output.split(separator: "\n").last?.split(separator: " ").first.map(String.init))
        #expect(try daemon.run(["dead", "show", id]).output.contains(#""messageId":"t5""#))
        // Refused again while the limit stands.
        #expect(try counts(daemon.run(["dead", "retry", "--side", "outbox", "--json"])) == ["requeued": 6])
        eventually(within: 30, "dead again, counted once") {
            daemon.status()?["ledger.dead"] == 6 && daemon.status()?["ledger.outbox"] == 0
        }
        try raiseLimit(daemon.topic)
        #expect(try daemon.run(["dead", "retry", "--side", "outbox", "--code", "msg_size_too_large"]).status == 0)
        #expect(try daemon.run(["dead", "retry", "--side", "outbox"]).status == 0)
        try Arrival.expect(Set((0..<30).map { "t\($0)" }), in: daemon, within: 60)
        let status = Arrival.settled(daemon)
        #expect(status?["ledger.dead"] == 0 && status?["ledger.forwarded"] == 30)
        #expect(status?["ledger.duplicates"] == 0)
    }

    /// Kafka's own tool: librdkafka's admin client is not ours to bend to this.
    private func raiseLimit(_ topic: String) throws {
        let folder = try #require(Servers.folder)
        let values = String(decoding: try Files.read(folder + "/env"), as: UTF8.self)
        let home = values.split(separator: "\n").first { $0.hasPrefix("KAFKA_HOME=") }?.dropFirst(11).filter {
            $0 != "'"
        }
        let done = try Command.run(
            try #require(home) + "/bin/kafka-configs.sh",
            [
                "--bootstrap-server", try #require(Servers.kafka), "--alter", "--entity-type", "topics",
                "--entity-name", topic, "--add-config", "max.message.bytes=1000000",
            ])
        #expect(done.status == 0, "\(done.output)\(done.errors)")
    }

    @Test("outbox: kill -9 of the daemon in the middle of a retry of many: every event once, the ledger exact")
    func killedDaemon() throws {
        let daemon = try TestDaemon(mode: .direct)
        try rule(daemon, true, isNew: true)
        try daemon.start()
        let count = 6000
        try send(daemon, (0..<count).map { line("d\($0)", size: 100) }.joined())
        eventually(within: 60, "all are dead: \(daemon.status()?.json ?? "")") {
            daemon.status()?["ledger.dead"] == count
        }
        try rule(daemon, false)
        for round in 0..<4 {
            let retry = try Process.start(
                Command.clickd, ["dead", "retry", "--side", "outbox", "--config", daemon.configPath])
            _ = retry.wait(seconds: 0.02 + Double(round) * 0.01)
            daemon.kill()
            #expect(retry.wait(seconds: 60) != nil)
            try daemon.start()
            #expect(daemon.status()?.isBalanced == true, "\(daemon.status()?.json ?? "")")
        }
        print("after four kills \(daemon.status()?["ledger.dead"] ?? -1) of \(count) are dead letters")
        #expect(try daemon.run(["dead", "retry", "--side", "outbox"]).status == 0)
        try Arrival.expect(Set((0..<count).map { "d\($0)" }), in: daemon, within: 60)
        let status = Arrival.settled(daemon)
        #expect(status?["ledger.dead"] == 0 && status?["ledger.forwarded"] == count, "\(status?.json ?? "")")
        #expect(status?["ledger.inserted"] == count && status?["ledger.duplicates"] == 0, "\(status?.json ?? "")")
    }

    @Test("erase finds and gives up a person's letters in the outbox, and no others")
    func erased() throws {
        let daemon = try TestDaemon(mode: .direct)
        try rule(daemon, true, isNew: true)
        try daemon.start()
        try send(daemon, line("o1") + #"{"event":"e","messageId":"o2","anonymousId":"other"}"# + "\n" + line("o3"))
        eventually(within: 60, "all are dead") { daemon.status()?["ledger.dead"] == 3 }
        let dry = try daemon.run(["erase", "--visitor", "v"])
        #expect(dry.status == 0 && dry.output.contains("in this host's outbox"), "\(dry.output)\(dry.errors)")
        #expect(daemon.status()?["ledger.dead"] == 3)
        let done = try daemon.run(["erase", "--visitor", "v", "--yes"])
        #expect(done.status == 0 && done.output.contains("2 deleted in this host's outbox"), "\(done.output)")
        let left = try daemon.run(["dead", "list", "--side", "outbox", "--json"]).output
        #expect(left.contains(#""key":"a:other""#) && left.split(separator: "\n").count == 1, "\(left)")
        #expect(daemon.status()?["ledger.dropped"] == 2 && daemon.status()?.isBalanced == true)
    }

    @Test("beyond mongodb.max_dead_bytes the oldest letters are given up: counted, said, balanced")
    func evicted() throws {
        let daemon = try TestDaemon()
        let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self)
        let split = try #require(text.firstRange(of: "[control]"))
        let changed = text[..<split.lowerBound] + "max_dead_bytes = \"1 MiB\"\n" + text[split.lowerBound...]
        try Files.replace(daemon.configPath, with: Array(changed.utf8), mode: 0o644)
        try rule(daemon, true, isNew: true)
        try daemon.start()
        try send(daemon, (0..<100).map { line("x\($0)", size: 10_000) }.joined())
        eventually(within: 60, "some are given up: \(daemon.status()?.json ?? "")") {
            guard let status = daemon.status() else { return false }
            return status["ledger.consumer_dead"] == 100 && status["ledger.consumer_dropped"] > 40
                && status.isBalanced && status.reasons.contains { $0.hasPrefix("mongodb dead letters") }
        }
        eventually(within: 30, "what is left is what was not given up") {
            let left = (try? daemon.collection("dead_letters").count()) ?? 0
            return left > 10 && left == 100 - (daemon.status()?["ledger.consumer_dropped"] ?? 0)
        }
    }
}

@Suite("Dead letters: the command line", .waiting) struct DeadUsageTests {
    @Test(
        "what is wrong is said, exit 2",
        arguments: [
            [], ["look"], ["drop", "--side", "outbox"], ["retry"], ["show"], ["list", "--side", "kafka"],
            ["retry", "12", "t/0/1"], ["show", "x"], ["drop", "12", "--side", "mongodb"],
            ["list", "--since", "yesterday"], ["list", "--limit", "0"], ["list", "--new-id"],
        ])
    func wrong(arguments: [String]) throws {
        let daemon = try TestDaemon()
        let result = try daemon.run(["dead"] + arguments)
        #expect(result.status == 2, "\(result.output)\(result.errors)")
        // A sentence about the words, and not about the configuration or a daemon that is away.
        #expect(result.errors.hasPrefix("clickd dead: ") && !result.errors.contains("answers"), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test("without a daemon, or without MongoDB, the reason is said, exit 1; an empty outbox is exit 0")
    func away() throws {
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        let absent = try daemon.run(["dead", "list", "--side", "outbox"])
        #expect(absent.status == 1 && absent.errors.contains("no daemon answers"), "\(absent.errors)")
        try daemon.start()
        let empty = try daemon.run(["dead", "list", "--side", "outbox"])
        #expect(empty.status == 0 && empty.output.contains("no dead letters"), "\(empty.errors)")
        #expect(try daemon.run(["dead", "retry", "--side", "outbox"]).output.contains("nothing to do"))
    }
}
