// `clickd outbox` on a stopped daemon's folder, and a daemon that starts on a damaged one.
import Linux
import TestSupport
import Testing

@Suite(.waiting) struct OutboxCommandTests {
    /// A stopped daemon with `count` events in its outbox, in rows of 50.
    private func stopped(_ count: Int) throws -> TestDaemon {
        let daemon = try TestDaemon(mode: .direct, mongodb: TestDaemon.nowhere)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        for start in stride(from: 0, to: count, by: 50) {
            let events = (start..<start + 50).map { Sample.event(id: "e-\($0)", number: $0) + [0x0A] }
            client.send(String(decoding: events.joined(), as: UTF8.self))
            _ = client.answers(upTo: start + 50)
        }
        #expect(daemon.stop() == 0)
        return daemon
    }

    /// Flips a bit in the row that holds `text`, and in what moving it about may have left of it.
    private func damage(_ daemon: TestDaemon, at text: String) throws {
        let path = daemon.outboxPath + "/outbox.db"
        var bytes = try Files.read(path, limit: 1 << 30)
        let wanted = Array(text.utf8)
        let found = bytes.indices.filter { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
        try #require(!found.isEmpty)
        for at in found { bytes[at] ^= 1 }
        try Files.replace(path, with: bytes)
        unlink(path + "-wal")
    }

    @Test("check, export and repair tell a sound outbox from a damaged one, and save all but what is damaged")
    func commands() throws {
        let daemon = try stopped(500)
        let sound = try daemon.run(["outbox", "check"])
        #expect(sound.status == 0 && sound.output.contains("500 events"), "\(sound.output)\(sound.errors)")
        #expect(try daemon.run(["outbox", "repair"]).output.contains("nothing to repair"))
        let lines = try daemon.run(["outbox", "export"])
        #expect(lines.status == 0 && lines.output.split(separator: "\n").count == 500)

        try damage(daemon, at: "e-150")
        let before = try Files.read(daemon.outboxPath + "/outbox.db", limit: 1 << 30)
        let damaged = try daemon.run(["outbox", "check"])
        #expect(damaged.status == 1 && damaged.output.contains("not what was stored"), "\(damaged.output)")
        let file = daemon.folder.path + "/saved.ndjson"
        #expect(try daemon.run(["outbox", "export", "--output", file]).status == 1)
        let saved = String(decoding: try Files.read(file), as: UTF8.self).split(separator: "\n").count
        #expect(saved > 400 && saved < 500, "\(saved)")
        #expect(try daemon.run(["outbox", "export", "--output", file]).status != 0, "no file is written over")
        #expect(try Files.read(daemon.outboxPath + "/outbox.db", limit: 1 << 30) == before, "looking changes nothing")

        let repaired = try daemon.run(["outbox", "repair"])
        #expect(repaired.status == 0)
        #expect(repaired.output.contains("\(500 - saved) events are lost"), "\(repaired.output)")
        #expect(try daemon.run(["outbox", "check"]).status == 0)
        try daemon.start()
        let status = daemon.status()
        #expect(status?["ledger.outbox"] == saved && status?["ledger.lost"] == 500 - saved)
        #expect(status?.isBalanced == true)
        let refused = try daemon.run(["outbox", "check"])
        #expect(refused.status == 2 && refused.errors.contains("process"), "\(refused.errors)")
    }

    @Test("mistakes are said, and exit as documented")
    func mistakes() throws {
        let daemon = try TestDaemon(mode: .direct, mongodb: TestDaemon.nowhere)
        #expect(try daemon.run(["outbox"]).status == 2)
        #expect(try daemon.run(["outbox", "destroy"]).status == 2)
        let none = try daemon.run(["outbox", "check"])
        #expect(none.status == 2 && none.errors.contains("there is no outbox"), "\(none.errors)")
    }

    @Test("a damaged outbox: set aside at the start, what is lost is counted, and the rest delivered")
    func damagedStart() throws {
        let daemon = try stopped(500)
        try damage(daemon, at: "e-150")
        // And the header: SQLite cannot open it at all.
        let path = daemon.outboxPath + "/outbox.db"
        var bytes = try Files.read(path, limit: 1 << 30)
        for at in 0..<16 { bytes[at] = 0 }
        try Files.replace(path, with: bytes)
        try daemon.start()
        let status = try #require(daemon.status())
        let lost = status["ledger.lost"]
        #expect(lost > 0 && lost < 100 && status["ledger.outbox"] == 500 - lost, "\(status.json)")
        #expect(status.isBalanced && status.state == "degraded")
        #expect(status.reasons.contains { $0.hasPrefix("damage:") && $0.contains("\(lost) events are lost") })
        let client = try StreamClient(daemon.streamSocket)
        client.send(String(decoding: Sample.event(id: "new", number: 1) + [0x0A], as: UTF8.self))
        #expect(client.answers(upTo: 1) == ["OK 1"])
    }
}
