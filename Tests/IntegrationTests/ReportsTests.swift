// The roll-up writer on a real MongoDB: whatever dies in between, the numbers are those of the events.
import Events
import JSON
import Linux
import Mongo
import Reports
import ReportsAPI
import Rollups
import TestSupport
import Testing

/// A database of one test's own, with events as the consumer would have written and marked them.
final class RollupPlace {
    let database = "test_\(Files.randomHex(bytes: 5))"
    let client: MongoClient
    let events: MongoCollection
    let marks: RollupMarks
    private let uri: String

    init() throws {
        uri = try #require(Servers.mongodb)
        client = try MongoClient.open(uri: uri)
        events = try client.collection(database: database, "events")
        try events.createIndexes([MongoIndex(["ts": 1], name: "time")])
        marks = try RollupMarks(client, database: database)
        try SegmentStore(client, database: database).prepare()
    }

    deinit { try? client.drop(database: database) }

    struct Crash: Error {}

    func writer(
        retain: Duration? = nil,
        crash: @escaping (RollupWriter.CrashPoint) throws(MongoError) -> Void = { _ throws(MongoError) in }
    ) throws -> RollupWriter {
        try RollupWriter(
            .init(uri: uri, database: database, collection: "events", retain: retain, host: "test"), crash: crash)
    }

    /// The event's own write, then its mark; an id that is there is a repeat.
    func add(_ id: String, _ time: Int64, _ visitor: String, _ activity: Activity) throws {
        let document: BSONDocument = [
            "_id": .string(id), "type": "track", "event": .string(activity.eventNames[0].description),
            "activity": .string(activity.text), "visitor": .string(visitor), "ts": .date(time),
            "receivedAt": .date(time), "properties": ["product_id": "p1"],
        ]
        _ = try events.write([.insert(document)])
        try marks.mark(RollupMarks.places([time]))
    }

    func api() throws -> ReportsAPI {
        try ReportsAPI(client, .init(database: database, collection: "events", retain: nil))
    }

    func sums() throws -> Int { try SegmentStore(client, database: database).sums().rows }

    func ask(_ path: String, _ arguments: [(name: String, value: String)] = [], now: Int64? = nil) throws -> (
        Int, String
    ) {
        let answer = try api().answer(path: path, arguments, now: now ?? WallClock.nowMilliseconds)
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }
}

@Suite("Roll-ups and reports on MongoDB", .waiting, .enabled(if: Servers.areThere), .serialized)
struct RollupIntegrationTests {
    /// A whole hour of a day long over: 2026-03-02T10:00Z.
    private let base: Int64 = 1_772_445_600_000

    private func drain(_ writer: RollupWriter) throws {
        let deadline = Monotonic.now.adding(milliseconds: 120_000)
        while try !writer.marks.all().isEmpty, Monotonic.now < deadline {
            if try !writer.turn() { usleep(50_000) }
        }
        #expect(try writer.marks.all().isEmpty)
    }

    @Test("every event is counted once, whatever the writer died at", arguments: RollupWriter.CrashPoint.allCases)
    func crashes(point: RollupWriter.CrashPoint) throws {
        let place = try RollupPlace()
        for index in 0..<60 {
            try place.add("e\(index)", base + Int64(index % 7) * 61_000, "a:\(index % 9)", .viewProduct)
        }
        var died = 0
        let dying = try place.writer { at throws(MongoError) in
            guard at == point, died < 3 else { return }
            died += 1
            throw MongoError("crash", .other(0), 0, "died before \(at)", .retry)
        }
        for round in 0..<6 {
            _ = try? dying.turn()
            try? dying.mergeAll()
            try place.add("late\(round)", base + Int64(round) * 61_000, "a:late", .addToCart)
            // A repeat: nothing is inserted, its minute is marked.
            try place.add("e1", base + 61_000, "a:1", .viewProduct)
        }
        #expect(died > 0)
        try dying.release()
        let writer = try place.writer()
        try drain(writer)
        try writer.mergeAll()
        #expect(try place.sums() == 66)
        #expect(try place.events.count() == 66)
        let (status, text) = try place.ask("/api/overview", [("from", "2026-03-02"), ("to", "2026-03-02")])
        #expect(status == 200)
        #expect(text.contains("\"visitors\":10,\"events\":66,\"activities\":{\"view_product\":60,\"add_to_cart\":6,"))
    }

    @Test("an event written while its minute is read keeps the minute's mark")
    func race() throws {
        let place = try RollupPlace()
        try place.add("first", base, "a:1", .viewProduct)
        var isFirst = true
        let writer = try place.writer { at throws(MongoError) in
            guard at == .write, isFirst else { return }
            isFirst = false
            do { try place.add("second", self.base + 5, "a:2", .viewProduct) } catch { Issue.record(error) }
        }
        _ = try writer.turn()
        #expect(try place.sums() == 1)
        #expect(try place.marks.all().count == 1)
        try drain(writer)
        #expect(try place.sums() == 2)
    }

    @Test("a writer that slept through its lease changes nothing")
    func fence() throws {
        let place = try RollupPlace()
        try place.add("e", base, "a:1", .viewProduct)
        let state = try place.client.collection(database: place.database, RollupNames.state)
        let sleeper = try place.writer { at throws(MongoError) in
            guard at == .write else { return }
            // Meanwhile the lease ran out, and another took it.
            _ = try state.updateOne(["_id": "writer"], ["$set": ["owner": "other"], "$inc": ["term": 1]])
        }
        #expect(throws: MongoError.self) { _ = try sleeper.turn() }
        #expect(try place.sums() == 0)
        #expect(try place.marks.all().count == 1)
    }

    @Test("two writers: one works, the other waits")
    func lease() throws {
        let place = try RollupPlace()
        try place.add("e", base, "a:1", .viewProduct)
        let (one, two) = (try place.writer(), try place.writer())
        #expect(try one.turn())
        try place.add("f", base, "a:1", .viewProduct)
        #expect(try !two.turn())
        try one.release()
        #expect(try two.turn())
        #expect(try place.sums() == 2)
    }

    @Test("an erased minute is taken out of its day")
    func erased() throws {
        let place = try RollupPlace()
        for index in 0..<10 { try place.add("e\(index)", base + Int64(index) * 60_000, "a:\(index)", .viewProduct) }
        let writer = try place.writer()
        try drain(writer)
        try writer.mergeAll()
        _ = try place.events.deleteOne(["_id": "e3"])
        try place.marks.mark(RollupMarks.places([base + 180_000]))
        try drain(writer)
        #expect(try place.sums() == 9)
        try writer.mergeAll()
        #expect(try place.sums() == 9)
    }

    @Test("a forger who strews timestamps over years keeps nobody's events of now from being counted")
    func forger() throws {
        let place = try RollupPlace()
        let writer = try place.writer()
        var random = SystemRandomNumberGenerator()
        var budget = MarkBudget()
        var honest: [(minute: Int64, written: Int64)] = []
        var waits: [Int64] = []
        let end = Monotonic.now.adding(milliseconds: 12_000)
        var number = 0
        while Monotonic.now < end {
            let now = WallClock.nowMilliseconds
            // Half of it in the day ahead, where the newest minutes would be.
            var times = (0..<100).map { index in
                index % 2 == 0
                    ? now - Int64.random(in: 0..<315_000_000_000, using: &random)
                    : now + Int64.random(in: 120_000..<86_000_000, using: &random)
            }
            times.append(now)
            let documents = times.map { time -> MongoWrite in
                number += 1
                return .insert([
                    "_id": .string("e\(number)"), "type": "track", "event": "Product Viewed",
                    "activity": "view_product", "visitor": .string("a:\(number)"), "ts": .date(time),
                    "receivedAt": .date(now), "properties": ["product_id": "p1"],
                ])
            }
            _ = try place.events.write(documents)
            try place.marks.mark(RollupMarks.places(times, &budget))
            honest.append((SegmentPlace.minute(of: now), now))
            _ = try writer.turn(milliseconds: 200)
            // What its minute's mark does not stand for any more has been counted.
            let open = Dictionary(try place.marks.all().map { ($0.place, $0.since) }, uniquingKeysWith: min)
            honest.removeAll { event in
                let since = open[SegmentPlace(.minute, minute: event.minute)] ?? .max
                guard since > event.written else { return false }
                waits.append(WallClock.nowMilliseconds - event.written)
                return true
            }
        }
        #expect(waits.count > 3)
        #expect((waits.max() ?? .max) < 10_000)
        let now = WallClock.nowMilliseconds
        #expect(honest.allSatisfy { now - $0.written < 10_000 })
        #expect(try place.marks.all().count < 5000)
    }

    @Test("late events of frozen minutes are counted apart and change no report")
    func frozen() throws {
        let place = try RollupPlace()
        let now = WallClock.nowMilliseconds
        try place.add("old", now - 40 * 86_400_000, "a:1", .viewProduct)
        try place.add("new", now - 86_400_000, "a:1", .viewProduct)
        let writer = try place.writer(retain: .seconds(30 * 86400))
        try drain(writer)
        #expect(try place.sums() == 1)
        #expect(try place.ask("/api/health").1.contains("\"late_frozen\":1"))
    }

    @Test(
        "what is wrong with a request is said, and nothing breaks",
        arguments: [
            "from=2026-02-30", "from=yesterday", "from=2026-03-02&to=2026-03-01", "from=0001-01-01&to=9999-12-31",
            "from=2026-03-01&to=2026-03-01T00:00:00Z", "steps=nothing", "steps=event:", "steps=,", "window=0d",
            "window=99999999999999999999d", "window=91d", "mode=loose", "breakdown=$where", "limit=0", "limit=-1",
            "limit=1e3", "compare=always", "signed_in=yes", "unknown=1", "from=99999999999999999999", "from=-5&to=3",
            "steps=order,order,order,order,order,order,order,order,order,order,order",
        ])
    func mistakes(query: String) throws {
        let place = try RollupPlace()
        let arguments = query.split(separator: "&").map { part -> (name: String, value: String) in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(pair[0]), String(pair[1]))
        }
        let (status, text) = try place.ask("/api/funnel", arguments)
        #expect(status == 400, "\(text)")
        #expect(text.hasPrefix("{\"code\":\"bad_parameter\",\"message\":"))
    }

    @Test("hostile texts come back as texts, and formulas are escaped in CSV")
    func hostile() throws {
        let place = try RollupPlace()
        let hostile = [
            "=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "<script>alert(1)</script>", "a,\"b\"\nc", "$where",
        ]
        for (index, text) in hostile.enumerated() {
            let document: BSONDocument = [
                "_id": .string("h\(index)"), "type": "track", "event": "Product Viewed", "activity": "view_product",
                "visitor": .string("a:" + text), "ts": .date(base), "receivedAt": .date(base),
                "properties": ["product_id": .string(text), "name": .string(text)],
            ]
            _ = try place.events.insertOne(document)
        }
        try place.marks.mark(RollupMarks.places([base]))
        try drain(try place.writer())
        let day = [(name: "from", value: "2026-03-02"), (name: "to", value: "2026-03-02")]
        let (status, csv) = try place.ask("/export/products.csv", day)
        #expect(status == 200)
        for line in csv.split(separator: "\r\n").dropFirst() {
            #expect(!["=", "+", "-", "@", "\t"].contains { line.hasPrefix($0) || line.hasPrefix("\"" + $0) })
        }
        #expect(csv.contains("\"a,\"\"b\"\"\nc\""))
        #expect(try place.ask("/api/products", day).1.contains("\"total\":\(hostile.count)"))
        let journey = try place.ask("/api/journey", day + [("visitor", "a:$where")])
        #expect(journey.1.contains("\"total\":1"))
    }

    @Test("10,000 distinct products: all in CSV and JSON, a hundred where nobody asks for more")
    func manyProducts() throws {
        let place = try RollupPlace()
        let count = 10_000
        let name = String(repeating: "ü", count: 120)
        _ = try place.events.write(
            (0..<count).map { index in
                .insert([
                    "_id": .string("e\(index)"), "type": "track", "event": "Product Viewed",
                    "activity": "view_product", "visitor": .string("a:\(index % 97)"),
                    "ts": .date(base + Int64(index) * 1000), "receivedAt": .date(base),
                    "properties": ["product_id": .string("product-\(index)"), "name": .string("\(index) \(name)")],
                ])
            })
        try place.marks.mark(RollupMarks.places((0..<count).map { base + Int64($0) * 1000 }))
        let writer = try place.writer()
        try drain(writer)
        try writer.mergeAll()
        let day = [(name: "from", value: "2026-03-02"), (name: "to", value: "2026-03-02")]
        let usual = try place.ask("/api/products", day)
        #expect(usual.0 == 200)
        #expect(usual.1.contains("\"total\":\(count)"))
        #expect(usual.1.split(separator: "{\"product\":\"").count == 101)
        let all = try place.ask("/export/products.csv", day + [("limit", "\(count)")])
        #expect(all.1.split(separator: "\r\n").count == count + 1)
        #expect(try place.ask("/api/products", day + [("limit", "\(count + 1)")]).0 == 400)
        #expect(try place.ask("/api/overview", day).1.contains("\"events\":\(count),"))
    }

    @Test("every report answers in JSON and CSV, on an empty shop too")
    func empty() throws {
        let place = try RollupPlace()
        let parser = try JSONParser.make(capacity: 1 << 20, maxDepth: 64)
        for name in [
            "overview", "funnel", "products", "searches", "wishlist", "realtime", "retention", "health", "values",
            "visitors",
        ] {
            let (status, text) = try place.ask("/api/" + name)
            #expect(status == 200, "\(name): \(text)")
            try parser.parse(copying: Array(text.utf8)) { _ in }
        }
        for name in [
            "overview", "funnel", "segments", "products", "searches", "wishlist", "realtime", "retention", "visitors",
        ] {
            let (status, text) = try place.ask("/export/\(name).csv")
            #expect(status == 200, "\(name)")
            // A byte order mark, and the columns' names, whatever is below them.
            #expect(text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) && text.hasSuffix("\r\n"), "\(name): \(text)")
            #expect(text.split(separator: "\r\n").first?.contains(",") == true, "\(name): \(text)")
        }
        #expect(try place.ask("/api/journey", [("visitor", "a:nobody")]).1.contains("\"total\":0"))
        #expect(try place.ask("/api/live").1.hasPrefix("retry: 1000\n\n"))
        #expect(try place.ask("/api/nothing").0 == 404)
        _ = consume parser
    }

    @Test("a daemon's events are in its reports within seconds, and agree with its ledger")
    func daemon() throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        func send(_ numbers: Range<Int>) {
            for index in numbers {
                client.send(
                    "{\"event\":\"Product Viewed\",\"messageId\":\"m\(index % 150)\",\"anonymousId\":\"v\(index % 10)\",\"properties\":{\"product_id\":\"p\"}}\n"
                )
            }
        }
        send(0..<150)
        eventually(within: 15, "150 events are stored") { daemon.status()?["ledger.inserted"] == 150 }
        send(150..<200)
        let mongo = try MongoClient.open(uri: try #require(Servers.mongodb))
        let api = try ReportsAPI(mongo, .init(database: daemon.database, collection: "events", retain: nil))
        eventually(within: 15, "150 events are rolled up") {
            guard let answer = try? api.answer(path: "/api/overview", [], now: WallClock.nowMilliseconds) else {
                return false
            }
            return String(decoding: answer.body, as: UTF8.self).contains("\"visitors\":10,\"events\":150,")
        }
        eventually(within: 15, "the ledger says the same: \(daemon.status()?.json ?? "")") {
            guard let status = daemon.status() else { return false }
            return status["ledger.inserted"] == 150 && status["ledger.duplicates"] == 50 && status.isBalanced
        }
    }
}
