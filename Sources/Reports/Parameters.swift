// A request's parameters: each known by name, read once, with an error that says what is wrong and what is right.
import Events

/// One end of a period.
enum Edge {
    case day(Day)
    case instant(Int64)

    static func parse(_ text: String, _ name: String) throws(QueryMistake) -> Edge {
        if let day = Day(text) { return .day(day) }
        var utf8 = text
        let parsed = utf8.withUTF8 { EventTime.parse($0) } ?? Int64(text)
        // 1970 to 9999: what the calendar of days knows.
        if let instant = parsed, instant >= 0, instant < 253_370_764_800_000 { return .instant(instant) }
        throw QueryMistake(
            "\(name): \(quoted(text)) is no date; write 2026-11-23, 2026-11-23T08:00:00Z or milliseconds")
    }
}

/// What was sent, in quotes, cut short.
func quoted(_ text: String) -> String { "\"" + String(text.prefix(80)) + "\"" }

public struct Parameters: Sendable {
    public private(set) var pairs: [(name: String, value: String)]

    /// Decoded names and values, in their order. Empty values count as not given.
    public init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs.filter { !$0.value.isEmpty } }

    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Throws where it is given twice.
    public func one(_ name: String) throws(QueryMistake) -> String? {
        let values = all(name)
        guard values.count <= 1 else { throw QueryMistake("\(name): given \(values.count) times") }
        return values.first
    }

    public func check(known: [String]) throws(QueryMistake) {
        for pair in pairs where !known.contains(pair.name) {
            throw QueryMistake("\(quoted(pair.name)) is no parameter here; there are \(known.joined(separator: ", "))")
        }
    }

    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ usual: Choice
    ) throws(QueryMistake) -> Choice where Choice.RawValue == String {
        guard let text = try one(name) else { return usual }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw QueryMistake("\(name): \(quoted(text)) is none of \(names)")
    }

    public func number(_ name: String, _ range: ClosedRange<Int>, usual: Int) throws(QueryMistake) -> Int {
        guard let text = try one(name) else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw QueryMistake(
                "\(name): \(quoted(text)) is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// A column to sort by, and whether falling.
public struct Sort: Sendable, Equatable {
    public var column: String
    public var isFalling: Bool

    public init(column: String, isFalling: Bool) {
        self.column = column
        self.isFalling = isFalling
    }

    public static func parse(
        _ parameters: Parameters, columns: [String], usual: String
    ) throws(QueryMistake) -> Sort {
        let text = try parameters.one("sort") ?? usual
        let isFalling = text.hasPrefix("-")
        let column = isFalling ? String(text.dropFirst()) : text
        guard columns.contains(column) else {
            throw QueryMistake("sort: \(quoted(text)) is none of \(columns.joined(separator: ", "))")
        }
        return Sort(column: column, isFalling: isFalling)
    }

    /// Rows in order; where they are equal by the column, `tie` decides, so that pages and tests see one order.
    func apply<Row>(_ rows: inout [Row], tie: (Row) -> String, value: (Row) -> Double?) {
        rows.sort { a, b in
            let (x, y) = (value(a), value(b))
            if x != y {
                // What has no value comes last, either way.
                guard let x else { return false }
                guard let y else { return true }
                return isFalling ? x > y : x < y
            }
            return tie(a) < tie(b)
        }
    }
}

/// Which events a report counts.
public struct Filters: Sendable, Equatable {
    /// The value that stands for "says none".
    public static let none = "(none)"

    public var devices: [String] = []
    public var referrers: [String] = []
    public var campaigns: [String] = []
    public var products: [String] = []
    public var isSignedIn: Bool?

    public init() {}

    public static let names = ["device", "referrer", "campaign", "product", "signed_in"]

    public static func parse(_ parameters: Parameters) throws(QueryMistake) -> Filters {
        var filters = Filters()
        filters.devices = parameters.all("device")
        filters.referrers = parameters.all("referrer")
        filters.campaigns = parameters.all("campaign")
        filters.products = parameters.all("product")
        if let text = try parameters.one("signed_in") {
            guard text == "true" || text == "false" else {
                throw QueryMistake("signed_in: \(quoted(text)) is neither true nor false")
            }
            filters.isSignedIn = text == "true"
        }
        guard filters.devices.count + filters.referrers.count + filters.campaigns.count + filters.products.count <= 100
        else { throw QueryMistake("filters: at most 100 values") }
        return filters
    }

    static func admits(_ wanted: [String], _ value: String?) -> Bool {
        wanted.isEmpty || wanted.contains(value ?? none)
    }
}
