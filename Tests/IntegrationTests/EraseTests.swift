// `clickd erase` on real servers: everything of a person goes, wherever it lies, and what they do later counts again.
import Events
import Kafka
import Linux
import Mongo
import OData
import Reports
import ReportsAPI
import Rollups
import TestSupport
import Testing

@Suite("Erase", .waiting, .serialized, .enabled(if: Servers.areThere)) struct EraseTests {
    private static let day: Int64 = 86_400_000

    private func line(_ id: String, _ who: String, _ time: Int64, _ more: String = "") -> String {
        #"{"event":"Product Viewed","messageId":"\#(id)",\#(who),"timestamp":\#(time)\#(more),"properties":{"product_id":"p1"}}"#
            + "\n"
    }

    @Test("a visitor vanishes from events, dead letters, reports and OData, also what still lay in Kafka")
    func erase() throws {
        let now = WallClock.nowMilliseconds
        let daemon = try TestDaemon()
        try daemon.start()
        var text = ""
        for day in 0..<4 {
            let time = now - Int64(day) * EraseTests.day - 3_600_000
            text += line("gone-\(day)", #""anonymousId":"gone""#, time)
            text += line("user-\(day)", #""userId":"gone""#, time)
            text += line("both-\(day)", #""anonymousId":"tablet","userId":"gone""#, time)
            text += line("stays-\(day)", #""anonymousId":"gone2","userId":"other""#, time)
        }
        #expect(try daemon.run(["send", "--ack"], input: Array(text.utf8)).status == 0)
        let events = try daemon.events()
        eventually(within: 60, "all are stored: \(daemon.status()?.json ?? "")") { (try? events.count()) == 16 }
        let letters = try daemon.collection("dead_letters")
        for (offset, (key, value)) in [
            ("a:gone", "{}"), ("x", #"{"userId":"gone","userId":"gone"}"#), ("x", #"no JSON "gone""#),
            ("a:gone2", #"{"anonymousId":"gone2"}"#),
        ].enumerated() {
            try letters.insertOne([
                "_id": ["offset": .integer(Int64(offset))], "key": .binary(Array(key.utf8)),
                "value": .binary(Array(value.utf8)), "first": .date(now), "last": .date(now),
            ])
        }
        eventually(within: 60, "roll-ups have all") { (try? sums(daemon)) == 16 }
        daemon.kill()

        // Still in Kafka: received before the erase, and by a customer who came back two hours later.
        let late = line("late", #""anonymousId":"gone""#, now, #","receivedAt":"\#(Instant.text(now - 1000))""#)
        let back = line("back", #""anonymousId":"gone""#, now, #","receivedAt":"\#(Instant.text(now + 7_200_000))""#)
        try produce([late, back], daemon.topic)

        let dry = try daemon.run(["erase", "--visitor", "gone"])
        #expect(dry.status == 0 && dry.output.contains("nothing was changed"), "\(dry.output)\(dry.errors)")
        #expect(try events.count() == 16)
        let done = try daemon.run(["erase", "--visitor", "gone", "--yes"])
        print(dry.output, done.output)
        #expect(done.status == 0, "\(done.output)\(done.errors)")
        #expect(try ids(events) == ["stays-0", "stays-1", "stays-2", "stays-3"])
        #expect(try letters.count(["settled": ["$exists": false]]) == 1)
        #expect(try sums(daemon) == 4)

        try daemon.start()
        eventually(within: 60, "what lay in Kafka came: \(daemon.status()?.json ?? "")") {
            (try? events.findOne(["_id": "back"])) != nil && (try? sums(daemon)) == 5
        }
        eventually(within: 30, "what was received before is gone") { (try? events.findOne(["_id": "late"])) == nil }
        #expect(try ids(events) == ["back", "stays-0", "stays-1", "stays-2", "stays-3"])
        eventually(within: 30, "the ledger counts it, erased or not") {
            daemon.status()?.numbers["ledger.inserted"] == 18
        }
        _ = daemon.stop()

        let client = try MongoClient.open(uri: try #require(Servers.mongodb))
        let api = try ReportsAPI(client, .init(database: daemon.database, collection: "events", retain: nil))
        let days = try api.answer(path: "/api/overview", [])
        #expect(String(decoding: days.body, as: UTF8.self).contains(#""events":5"#))
        let odata = try OData(client, database: daemon.database, collection: "events")
        func ask(_ path: String) throws -> String {
            let answer = try odata.answer(ODataRequest(path: "/odata/" + path, base: "/odata/"))
            return String(decoding: answer.body, as: UTF8.self)
        }
        #expect(try ask("Events/$count") == "5")
        #expect(try !ask("Events").contains("a:tablet"))
        let missing = try daemon.run(["erase"])
        #expect(missing.status == 2)
    }

    @Test("dying between any two steps of an erase is made good by the roll-up writer alone")
    func halfDone() throws {
        let uri = try #require(Servers.mongodb)
        let client = try MongoClient.open(uri: uri)
        let database = "test_\(Files.randomHex(bytes: 5))"
        defer { try? client.drop(database: database) }
        let events = try client.collection(database: database, "events")
        let now = WallClock.nowMilliseconds
        for (id, visitor) in [("1", "a:gone"), ("2", "a:gone"), ("3", "a:other")] {
            try events.insertOne([
                "_id": .string(id), "ts": .date(now - 5000), "receivedAt": .date(now - 5000),
                "visitor": .string(visitor), "activity": .null, "type": "track",
            ])
        }
        let writer = try RollupWriter(
            .init(uri: uri, database: database, collection: "events", retain: nil, host: "test"))
        try writer.prepare()
        let suppression = Suppression(
            visitor: try #require(ErasedVisitor("a:gone")), before: now + 3_600_000, until: now + 7_200_000)
        try writer.suppressions.write(suppression)
        try writer.marks.mark(RollupMarks.places([now - 5000]))
        // Nothing was deleted: the process died here.
        while try !writer.marks.all().isEmpty { _ = try writer.turn() }
        #expect(try ids(events) == ["3"])
        // Its time is over: the suppression goes, and with it the last of what it covers.
        try events.insertOne([
            "_id": "4", "ts": .date(now - 400_000_000), "receivedAt": .date(now), "visitor": "a:gone",
            "activity": .null,
        ])
        _ = try writer.turn(now: now + 8_000_000)
        #expect(try ids(events) == ["3"])
        #expect(try writer.suppressions.all().isEmpty)
    }

    private func ids(_ events: MongoCollection) throws -> [String] {
        try events.find([:], sort: ["_id": 1]).all().compactMap { $0.string("_id") }
    }

    private func sums(_ daemon: TestDaemon) throws -> Int {
        let client = try MongoClient.open(uri: try #require(Servers.mongodb))
        guard try RollupMarks(client, database: daemon.database).all().isEmpty else { return -1 }
        return try SegmentStore(client, database: daemon.database).sums().rows
    }

    private func produce(_ lines: [String], _ topic: String) throws {
        let brokers = try #require(Servers.kafka)
        let producer = try Producer.open(["bootstrap.servers": brokers, "acks": "all"], topic: topic)
        defer { producer.close() }
        for line in lines {
            let bytes = Array(line.dropLast().utf8)
            try bytes.withUnsafeBytes { value in
                // The memory is lent until the delivery is reported.
                try #require(producer.produce(partition: 0, key: value, value: value, tag: 1) == 0)
                eventually(within: 20, "Kafka has it") {
                    _ = producer.drainEvents(limit: 100, onDelivery: { _ in })
                    return producer.outstanding == 0
                }
            }
        }
    }
}
