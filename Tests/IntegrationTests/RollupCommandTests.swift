// `clickd rollup rebuild` on a real MongoDB.
import Events
import Linux
import Mongo
import Rollups
import TestSupport
import Testing

@Suite("clickd rollup rebuild", .waiting, .enabled(if: Servers.areThere)) struct RollupCommandTests {
    private static let day: Int64 = 86_400_000

    /// A place with events of three days, 40 of them 40 days ago, and no roll-ups.
    private func filled() throws -> (daemon: TestDaemon, store: SegmentStore) {
        let daemon = try TestDaemon(mode: .direct)
        let client = try MongoClient.open(uri: try #require(Servers.mongodb))
        let events = try client.collection(database: daemon.database, "events")
        let now = WallClock.nowMilliseconds
        for (ago, count) in [(0, 20), (5, 30), (40, 40)] as [(Int64, Int)] {
            for index in 0..<count {
                _ = try events.insertOne([
                    "_id": .string("\(ago)-\(index)"), "type": "track", "activity": "view_product",
                    "visitor": .string("a:\(index % 7)"), "ts": .date(now - ago * Self.day - Int64(index) * 1000),
                    "receivedAt": .date(now - ago * Self.day), "properties": ["product_id": "p1"],
                ])
            }
        }
        return (daemon, try SegmentStore(client, database: daemon.database))
    }

    @Test("every day is made anew of its events, whatever its roll-ups said, with a progress bar on a terminal")
    func rebuild() throws {
        let (daemon, store) = try filled()
        let made = try daemon.run(["rollup", "rebuild"])
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("rolled up"))
        #expect(!made.output.contains("#"), "no bar where nobody looks: \(made.output)")
        #expect(try store.sums().rows == 90)
        // Days are there, and say something wrong.
        _ = try daemon.events().deleteOne(["_id": "5-3"])
        #expect(try store.sums().rows == 90)
        let command = "\(Command.clickd) rollup rebuild --config \(daemon.configPath)"
        let shown = try Command.run("/usr/bin/script", ["-qec", command, "/dev/null"])
        #expect(shown.status == 0, "\(shown.output)")
        #expect(shown.output.contains("[########################################]"), "\(shown.output)")
        #expect(shown.output.contains(" days"))
        #expect(try store.sums().rows == 89)
    }

    @Test("days whose events may have expired are refused by name, and otherwise left as they are")
    func frozen() throws {
        let (daemon, store) = try filled()
        let retain = ["CLICKD_MONGODB_RETAIN": "30 days"]
        func run(_ more: [String]) throws -> Command {
            try Command.run(
                Command.clickd, ["rollup", "rebuild", "--config", daemon.configPath] + more, environment: retain)
        }
        let old = EventTime.text(WallClock.nowMilliseconds - 40 * Self.day).prefix(10)
        let refused = try run(["--from", String(decoding: old, as: UTF8.self)])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("are frozen"), "\(refused.errors)")
        #expect(try store.sums().rows == 0)
        let rest = try run([])
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.output.contains("are frozen and stay as they are"))
        #expect(try store.sums().rows == 50)
        #expect(try run(["--from", "2026-02-30"]).status == 2)
        #expect(try daemon.run(["rollup"]).status == 2)
    }
}
