// $filter as text: what is taken, what is refused and with which status, and that nothing makes the parser fall.
import OData
import Reports
import Testing

@Suite("$filter")
struct FilterTests {
    static let row: [String: Value] = [
        "Id": .text("m'1"), "Time": .instant(1_774_569_600_000), "Event": .text("Product Viewed"),
        "Price": .number(12.5),
    ]

    /// What `filter` says of the row above; every other column is null.
    private func says(_ filter: String) throws -> Bool? {
        let set = try #require(Model.set("Events"))
        return try FilterParser.parse(filter, set).holds { FilterTests.row[$0.name] ?? .null }
    }

    @Test(
        "comparisons, lists, texts and their null follow OData",
        arguments: [
            ("Price eq 12.5", true), ("Price gt 12.5", false), ("12.5 le Price", true), ("-1e1 lt Price", true),
            ("Id eq 'm''1'", true), ("Event in ('x','Product Viewed')", true), ("Query in ('x',null)", true),
            ("Query eq null", true), ("Query ne 'x'", true), ("Query lt 'x'", false), ("not (Query lt 'x')", true),
            ("Query ge null", false), ("contains(Event,'ct V')", true), ("startswith(Event,'ct')", false),
            ("endswith(Event,'Viewed')", true), ("contains(Query,'x')", nil), ("not contains(Query,'x')", nil),
            ("contains(Query,'x') or Price eq 12.5", true), ("contains(Query,'x') and Price eq 1", false),
            ("contains(Event,'V') eq true", true), ("contains(Event,'V') ne true", false),
            ("Time eq 2026-03-27T00:00:00Z", true), ("Time eq 2026-03-27T01:00:00.000+01:00", true),
            ("Price eq 1 or Price eq 12.5 and Event eq 'no'", false),
            ("(Price eq 1 or Price eq 12.5) and not (Event eq 'no')", true), ("not not (Price eq 12.5)", true),
        ] as [(String, Bool?)])
    func meaning(filter: String, expected: Bool?) throws { #expect(try says(filter) == expected) }

    @Test(
        "a mistake is 400 and what is not supported 501",
        arguments: [
            ("", 400), ("Price", 400), ("Price eq", 400), ("Price eq 1 Price", 400), ("Nope eq 1", 400),
            ("Price eq 'x'", 400), ("Time ge 2026-11-01", 400), ("Time ge 2026-13-01T00:00:00Z", 400), ("1 eq 1", 400),
            ("Event eq 'x", 400), ("(Price eq 1", 400), ("Price eq 1)", 400), ("Price eq 0x1", 400),
            ("Price eq 1e999", 400), ("hour(Event) eq 1", 400), ("Price eq true", 400), ("Price in ()", 400),
            ("contains(Price,'x')", 400), ("Price eq {\"$gt\":0}", 400), ("Event eq \u{201C}x\u{201D}", 400),
            ("Price add 1 eq 2", 501), ("tolower(Event) eq 'x'", 501), ("Event/any(x:x eq 1)", 501),
            ("$it/Price eq 1", 501), ("Price eq @p", 501), ("Price eq NaN", 501), ("Event has Shop.X'1'", 501),
        ])
    func refusals(filter: String, status: Int) throws {
        let set = try #require(Model.set("Events"))
        let fault = #expect(throws: Fault.self) { try FilterParser.parse(filter, set) }
        #expect(fault?.status == status, "\(filter): \(fault?.message ?? "")")
    }

    @Test("length, depth and size are bounded, and what is within is taken")
    func bounds() throws {
        let set = try #require(Model.set("Events"))
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "Price eq 1" + String(repeating: ")", count: depth)
        }
        _ = try FilterParser.parse(nested(FilterParser.maxDepth - 1), set)
        for bad in [
            nested(FilterParser.maxDepth), String(repeating: "not ", count: 200) + "(Price eq 1)",
            Array(repeating: "Price eq 1", count: FilterParser.maxNodes + 1).joined(separator: " or "),
            "Event eq '" + String(repeating: "x", count: FilterParser.maxBytes) + "'",
        ] {
            #expect(throws: Fault.self) { try FilterParser.parse(bad, set) }
        }
        _ = try FilterParser.parse(Array(repeating: "Price eq 1", count: 400).joined(separator: " or "), set)
    }

    @Test("no text makes the parser fall: it answers or throws a fault of 400 or 501", arguments: 1...40)
    func fuzz(seed: Int) throws {
        var random = Seeded(seed)
        let pieces = [
            "Price", "Event", "Time", " eq ", " and ", " or ", "not ", " in ", "(", ")", ",", "'", "''", "1", "-", ".",
            "e",
            "null", "true", "2026-11-23", "T08:00:00Z", "contains", "year", "$", "/", "\u{0}", "\u{FFFD}", "é", " ",
            "\t",
            "99999999999999999999", "{\"$where\":\"1\"}", "%27", "\\", "@x", "--", "9223372036854775808", ":",
        ]
        let set = try #require(Model.set("Events"))
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0..<14, using: &random)).map { _ in random.pick(pieces) }.joined()
            do throws(Fault) {
                _ = try FilterParser.parse(text, set).holds { FilterTests.row[$0.name] ?? .null }
            } catch {
                #expect(error.status == 400 || error.status == 501, "\(text)")
            }
        }
    }

    @Test(
        "conditions on the date bound the days that are read",
        arguments: [
            ("Date ge 2026-11-01 and Date lt 2026-11-03", "2026-11-01", "2026-11-02"),
            ("Date eq 2026-11-01 or 2026-11-05 eq Date", "2026-11-01", "2026-11-05"),
            ("year(Date) eq 2026 and Date le 2026-02-01", "2026-01-01", "2026-02-01"),
            ("Date in (2026-11-07,2026-11-02) and Events gt 3", "2026-11-02", "2026-11-07"),
        ])
    func days(filter: String, first: String, last: String) throws {
        let set = try #require(Model.set("DailyActivity"))
        let days = try FilterParser.parse(filter, set).days
        #expect(days.first.text == first && days.last.text == last)
    }
}
