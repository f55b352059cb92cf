// What happened in a period: visitors, activities, orders, revenue; in all, by day, and by hour where it is short.
import Events
import Mongo
import Rollups

/// Amounts by currency, never added across; nil is the currency of events that name none.
public struct Revenue: Sendable, Equatable {
    public private(set) var amounts: [String?: Money] = [:]

    public init() {}

    public mutating func add(_ money: Money, _ currency: String?) {
        amounts[currency, default: Money(units: 0)] += money
    }

    /// The largest first.
    public var sorted: [(currency: String?, amount: Money)] {
        amounts.map { ($0.key, $0.value) }.sorted {
            $0.1 != $1.1 ? $0.1 > $1.1 : ($0.0 ?? "") < ($1.0 ?? "")
        }
    }

    /// The largest amount; what products are sorted by.
    public var largest: Money? { amounts.values.max() }
}

public struct OverviewReport: Sendable, Equatable {
    /// A day or an hour.
    public struct Span: Sendable, Equatable {
        public let start: Int64
        public let end: Int64
        public var visitors = 0
        public var events = 0
        /// By `Activity.rawValue`.
        public var activities = [Int](repeating: 0, count: Activity.allCases.count)
        public var orders = 0
        public var revenue = Revenue()

        init(start: Int64, end: Int64) {
            self.start = start
            self.end = end
        }
    }

    public let period: Period
    public var visitors = 0
    public var events = 0
    public var activities = [Int](repeating: 0, count: Activity.allCases.count)
    public var visitorsOf = [Int](repeating: 0, count: Activity.allCases.count)
    /// With an event that is no activity.
    public var visitorsOfOther = 0
    public var orders = 0
    public var revenue = Revenue()
    public var days: [Span]
    /// Empty for periods of more than three days.
    public var hours: [Span]

    public var conversion: Double? { rate(visitorsOf[Int(Activity.order.rawValue)], visitors) }

    init(_ period: Period) {
        self.period = period
        days = (0..<period.dayCount).map { Span(start: period.dayStarts[$0], end: period.dayStarts[$0 + 1]) }
        hours = []
        guard period.dayCount <= 3 else { return }
        var start = period.isWholeDays ? period.start : period.start - period.start % 3_600_000
        while start < period.end {
            hours.append(Span(start: start, end: min(start + 3_600_000, max(period.end, start + 1))))
            start += 3_600_000
        }
    }

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters
    ) throws(MongoError) -> OverviewReport {
        let tally = OverviewTally(period)
        try Walk(source, filters).run(from: period.start, [tally])
        return tally.report()
    }
}

/// `part` of `whole`; nil of nothing.
func rate(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
