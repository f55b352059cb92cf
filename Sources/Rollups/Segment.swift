// The events of one stretch of time (a minute, an hour or a day, UTC) as columns: rows by visitor, then by time; rows of
// nobody last. Texts stand once, in dictionaries that the columns point into. The one form of a roll-up: every report
// is a walk over segments. A plain value.

/// How long a segment is. A shorter one covers its stretch: what longer ones say of it does not count.
public enum SegmentLevel: Int, Sendable, CaseIterable, Comparable {
    case minute, hour, day

    public var minutes: Int64 {
        switch self {
        case .minute: 1
        case .hour: 60
        case .day: 1440
        }
    }

    public var milliseconds: Int64 { minutes * 60_000 }

    public static func < (a: SegmentLevel, b: SegmentLevel) -> Bool { a.rawValue < b.rawValue }
}

/// A level and the minute since 1970 that it begins at.
public struct SegmentPlace: Hashable, Sendable, Comparable {
    public var level: SegmentLevel
    public var minute: Int64

    public init(_ level: SegmentLevel, minute: Int64) {
        self.level = level
        self.minute = minute
    }

    /// The segment of a level that holds `minute`.
    public init(_ level: SegmentLevel, holding minute: Int64) {
        self.init(level, minute: minute - SegmentPlace.remainder(minute, level.minutes))
    }

    public var start: Int64 { minute &* 60_000 }
    public var end: Int64 { start &+ level.milliseconds }

    public func holds(_ other: SegmentPlace) -> Bool {
        other.minute >= minute && other.minute + other.level.minutes <= minute + level.minutes
    }

    public static func minute(of milliseconds: Int64) -> Int64 {
        (milliseconds - remainder(milliseconds, 60_000)) / 60_000
    }

    static func remainder(_ value: Int64, _ by: Int64) -> Int64 {
        let rest = value % by
        return rest < 0 ? rest + by : rest
    }

    public static func < (a: SegmentPlace, b: SegmentPlace) -> Bool {
        a.minute != b.minute ? a.minute < b.minute : a.level > b.level
    }
}

public struct Segment: Sendable {
    /// A row's further product, or its only one where an amount belongs to it.
    public struct Line: Sendable, Equatable {
        public var row: UInt32
        public var product: UInt32
        public var amount: Money?

        public init(row: UInt32, product: UInt32, amount: Money?) {
            self.row = row
            self.product = product
            self.amount = amount
        }
    }

    public struct Order: Sendable, Equatable {
        public var row: UInt32
        public var id: VisitorID
        /// Into `currencies`, counted from 1; 0 for none.
        public var currency: UInt32
        public var revenue: Money?
    }

    public struct Search: Sendable, Equatable {
        public var row: UInt32
        public var term: UInt32
        public var hasResults: Bool?
    }

    public var place: SegmentPlace
    public var visitors: [VisitorID] = []
    /// Rows of each visitor.
    public var runs: [UInt32] = []
    /// Milliseconds since the segment's start.
    public var times: [UInt32] = []
    public var kinds: [UInt32] = []
    public var contexts: [UInt32] = []
    /// The first product, counted from 1; 0 for none.
    public var products: [UInt32] = []
    /// All products of rows with more than one, or with amounts; by row.
    public var lines: [Line] = []
    public var orders: [Order] = []
    public var searches: [Search] = []

    public var kindNames: [FactKind] = []
    public var contextNames: [FactContext] = []
    public var productIDs: [String] = []
    /// Beside each product: its latest name, and when that was said (ms since the segment's start).
    public var productNames: [(name: String, time: UInt32)] = []
    public var currencies: [String] = []
    public var terms: [String] = []
    /// Beside each visitor, its text.
    public var visitorNames: [String] = []

    public init(_ place: SegmentPlace) { self.place = place }

    public var rowCount: Int { times.count }

    public var robotCount: Int {
        contexts.reduce(0) { $0 + (contextNames[Int($1)].isRobot ? 1 : 0) }
    }
}
