// Events over a real MongoDB: filters, orders and pages against a plain reading of the same documents.
import Mongo
import OData
import Reports
import TestSupport
import Testing

@Suite("OData over MongoDB: Events", .waiting, .enabled(if: Servers.areThere), .serialized)
struct EventsTests {
    private static func text(_ value: Value?) -> JSONValue {
        switch value {
        case .text(let text)?: .text(text)
        case .number(let number)?: .number(number)
        case .instant(let time)?: .text(Instant.text(time))
        default: .null
        }
    }

    /// By bytes, null first: written apart from the service's own.
    private static func precedes(_ a: Value?, _ b: Value?) -> Bool? {
        switch (a, b) {
        case (nil, nil): return nil
        case (nil, _): return true
        case (_, nil): return false
        case (.text(let a)?, .text(let b)?):
            return Array(a.utf8) == Array(b.utf8) ? nil : a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.number(let a)?, .number(let b)?): return a == b ? nil : a < b
        case (.instant(let a)?, .instant(let b)?): return a == b ? nil : a < b
        default: return nil
        }
    }

    @Test("any filter and order, in pages of any size, gives what a plain reading gives", arguments: 1...6)
    func pages(seed: Int) throws {
        var random = Seeded(seed)
        let place = try Place()
        let documents = (0..<250).map { RandomEvents.document($0, &random) }
        try place.insert(documents)
        let rows = documents.map(RandomEvents.row)
        let set = try #require(Model.set("Events"))
        for _ in 0..<25 {
            var options: [(name: String, value: String)] = []
            var expected = rows
            if random.chance(80) {
                let filter = RandomEvents.filter(&random)
                options.append(("$filter", filter))
                let parsed = try FilterParser.parse(filter, set)
                expected = expected.filter { row in parsed.holds { row[$0.name] ?? .null } == true }
            }
            var order: [(String, Bool)] = []
            if random.chance(70) {
                if random.chance(50) { order.append(("Time", random.chance(50))) }
                for name in ["Event", "ProductId", "Revenue", "Referrer", "ReceivedAt"] where random.chance(25) {
                    order.append((name, random.chance(50)))
                }
                if order.isEmpty { order = [("Id", random.chance(50))] }
                options.append(("$orderby", order.map { $0.0 + ($0.1 ? " desc" : "") }.joined(separator: ",")))
            } else {
                order = [("Time", false)]
            }
            expected.sort { a, b in
                for (name, isFalling) in order + [("Id", false)] {
                    if let precedes = EventsTests.precedes(a[name], b[name]) { return precedes != isFalling }
                }
                return false
            }
            let counted = Double(expected.count)
            if random.chance(30) {
                let skip = Int.random(in: 0..<40, using: &random)
                options.append(("$skip", "\(skip)"))
                expected = Array(expected.dropFirst(skip))
            }
            if random.chance(30) {
                let top = Int.random(in: 0..<120, using: &random)
                options.append(("$top", "\(top)"))
                expected = Array(expected.prefix(top))
            }
            let size = Int.random(in: 1...90, using: &random)
            let pages = try place.pages("Events", options, size: size)
            let found = pages.flatMap { $0 }
            let wanted = expected.map { row in
                JSONValue.object(
                    Dictionary(uniqueKeysWithValues: set.columns.map { ($0.name, EventsTests.text(row[$0.name])) }))
            }
            // Which rows, before what is in them: a failure stays readable.
            #expect(found.map { $0["Id"] } == wanted.map { $0["Id"] }, "\(options) in pages of \(size)")
            let differing = zip(found, wanted).first { $0 != $1 }
            #expect(differing == nil, "\(String(describing: differing))")
            #expect(pages.dropLast().allSatisfy { $0.count == size }, "every page but the last is full")
            if let filter = options.first(where: { $0.name == "$filter" }) {
                let count = try place.ask("Events/$count", [filter])
                #expect(Double(String(decoding: count.body, as: UTF8.self)) == counted)
                #expect(count.type == "text/plain")
            }
        }
    }

    @Test("what is stored between two pages shifts none, and a page asked for again is the same")
    func stablePages() throws {
        var random = Seeded(99)
        let place = try Place()
        let documents = (0..<60).map { RandomEvents.document($0, &random) }
        try place.insert(documents)
        let before = try place.pages("Events", [("$orderby", "Time desc"), ("$select", "Id")], size: 7)
        var number = 1000
        let during = try place.pages("Events", [("$orderby", "Time desc"), ("$select", "Id")], size: 7) {
            var late = BSONDocument()
            number += 1
            late = ["_id": .string("new\(number)"), "ts": .date(RandomEvents.start + 864_000_000), "activity": .null]
            try place.insert([late])
        }
        #expect(during == before)
        let first = try JSONValue.read(
            try place.ask("Events", [("$top", "20"), ("$count", "true")], headers: ["prefer": "odata.maxpagesize=8"])
                .body)
        #expect(first["@odata.count"].number == 60 + Double(number - 1000))
        let next = try Place.options(of: try #require(first["@odata.nextLink"].text), "Events")
        let again = try (0..<2).map { _ in try place.ask("Events", next).body }
        #expect(again[0] == again[1])
        let second = try JSONValue.read(again[0])
        #expect(second["value"].list.count == 8 && second["@odata.count"] == first["@odata.count"])
    }

    @Test("a key is looked up, with its columns chosen; nobody's is 404")
    func one() throws {
        let place = try Place()
        try place.insert([["_id": "it's / é", "ts": .date(RandomEvents.start), "activity": "search", "type": "track"]])
        let found = try place.ask("Events('it''s / é')", [("$select", "Id,Time")])
        #expect(found.status == 200)
        #expect(
            try JSONValue.read(found.body)
                == .object([
                    "@odata.context": .text(Place.base + "$metadata#Events(Id,Time)/$entity"), "Id": .text("it's / é"),
                    "Time": .text("2026-03-27T00:00:00.000Z"),
                ]))
        #expect(try place.ask("Events('x')").status == 404)
        let full = try place.ask("Events", [("$format", "application/json;odata.metadata=full")])
        let row = try JSONValue.read(full.body)["value"].list[0]
        #expect(row["@odata.id"].text == Place.base + "Events(%27it%27%27s%20%2F%20%C3%A9%27)")
        #expect(row["Time@odata.type"].text == "#DateTimeOffset" && row["@odata.type"].text == "#clickd.Event")
        let bare = try place.ask(
            "Events", [], headers: ["accept": "application/json;odata.metadata=none", "prefer": "omit-values=nulls"])
        #expect(bare.headers.filter { $0.name == "Preference-Applied" }.map(\.value) == ["omit-values=nulls"])
        let members = try JSONValue.read(bare.body)
        #expect(members["@odata.context"] == .null)
        guard case .object(let columns) = members["value"].list[0] else { return #expect(Bool(false), "an object") }
        #expect(columns.keys.sorted() == ["Activity", "Id", "Time", "Type"])
    }

    @Test(
        "what is wrong or not supported is refused with OData's error, and one OData-Version",
        arguments: [
            ("Events", "$expand", "x", 501), ("Events", "$search", "x", 501),
            ("Events", "$apply", "aggregate($count as n)", 501),
            ("Events", "$compute", "1 as x", 501), ("Events", "filter", "Price eq 1", 501),
            ("Events", "$top", "-1", 400),
            ("Events", "$top", "1e3", 400), ("Events", "$skip", "", 400), ("Events", "$select", "Nope", 400),
            ("Events", "$orderby", "Nope", 400), ("Events", "$orderby", "tolower(Id)", 501),
            ("Events", "$count", "yes", 400),
            ("Events", "$skiptoken", "AAAA", 400), ("Events", "$skiptoken", "", 400),
            ("Events", "$format", "atom", 406),
            ("Events", "$filter", "Id eq 'x' or true", 400), ("Nope", "$top", "1", 404), ("$batch", "$top", "1", 501),
            ("Events('x')", "$filter", "Id eq 'x'", 400), ("$metadata", "$format", "json", 406),
            ("Events", "$index", "1", 501),
            ("DailyActivity", "$filter", "Date ge 2026-02-30", 400),
            ("Events", "$filter", "Event eq {'$ne':null}", 400),
        ])
    func refusals(path: String, name: String, value: String, status: Int) throws {
        let place = try Place()
        let answer = try place.ask(path, [(name, value)])
        #expect(answer.status == status, "\(String(decoding: answer.body, as: UTF8.self))")
        #expect(try JSONValue.read(answer.body)["error"]["message"].text?.isEmpty == false)
        #expect(answer.headers.filter { $0.name == "OData-Version" }.map(\.value) == ["4.0"])
    }

    @Test("versions are honoured, changes refused")
    func versions() throws {
        let place = try Place()
        for (header, value, status) in [
            ("odata-maxversion", "4.01", 200), ("odata-maxversion", "4.0;NetFx", 200), ("odata-maxversion", "3.0", 400),
            ("odata-version", "4.0", 200), ("odata-version", "3.0", 400), ("maxdataserviceversion", "3.0;NetFx", 200),
        ] {
            #expect(try place.ask("", headers: [header: value]).status == status, "\(header): \(value)")
        }
        for method in [ODataRequest.Method.post, .change] {
            #expect(try place.ask("Events", method: method).status == 405)
        }
        #expect(try place.ask("$batch", method: .post).status == 501)
    }
}
