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
        var report = OverviewReport(period)
        let walk = Walk(source, filters)
        var seen: [Seen] = []
        var orders: [VisitorID: KeptOrder] = [:]
        var activityOf: [Int] = []
        var counts = [Int](repeating: 0, count: 8 * period.dayCount)
        var hourCounts = [Int](repeating: 0, count: 8 * report.hours.count)
        var orderAt = 0
        var day = 0
        let firstHour = report.hours.first?.start ?? 0
        try walk.run(from: period.start, to: period.end, columns: .orders) { segment in
            activityOf = segment.kindNames.map { $0.activity.map { Int($0.rawValue) } ?? 7 }
            orderAt = 0
        } onRow: { segment, row in
            let activity = activityOf[Int(segment.kinds[row.row])]
            if row.time < period.dayStarts[day] || row.time >= period.dayStarts[day &+ 1] {
                day = period.dayIndex(of: row.time)
            }
            counts[8 &* day &+ activity] &+= 1
            var hour = -1
            if !report.hours.isEmpty {
                hour = Int((row.time - firstHour) / 3_600_000)
                hourCounts[8 &* hour &+ activity] &+= 1
            }
            if row.visitor >= 0 {
                let visitor = Int(row.visitor)
                while seen.count <= visitor { seen.append(Seen()) }
                if seen[visitor].day != Int32(day) {
                    seen[visitor].day = Int32(day)
                    report.days[day].visitors &+= 1
                }
                if hour >= 0, seen[visitor].hour != Int32(hour) {
                    seen[visitor].hour = Int32(hour)
                    report.hours[hour].visitors &+= 1
                }
                seen[visitor].activities |= 1 &<< UInt8(activity)
            }
            if activity == Int(Activity.order.rawValue) {
                KeptOrder.keep(segment, row, &orderAt, in: &orders)
            }
        }
        report.sum(counts, hourCounts, seen)
        for order in orders.values {
            report.orders += 1
            let day = period.dayIndex(of: order.time)
            report.days[day].orders += 1
            let hour = report.hours.isEmpty ? nil : Int((order.time - firstHour) / 3_600_000)
            if let hour { report.hours[hour].orders += 1 }
            guard let amount = order.revenue else { continue }
            report.revenue.add(amount, order.currency)
            report.days[day].revenue.add(amount, order.currency)
            if let hour { report.hours[hour].revenue.add(amount, order.currency) }
        }
        return report
    }

    private struct Seen {
        var day: Int32 = -1
        var hour: Int32 = -1
        var activities: UInt8 = 0
    }

    private mutating func sum(_ counts: [Int], _ hourCounts: [Int], _ seen: [Seen]) {
        func put(_ counts: ArraySlice<Int>, _ span: inout Span) {
            span.events = counts.reduce(0, +)
            span.activities = Array(counts.prefix(7))
        }
        for index in days.indices { put(counts[8 * index..<8 * index + 8], &days[index]) }
        for index in hours.indices { put(hourCounts[8 * index..<8 * index + 8], &hours[index]) }
        for day in days {
            events += day.events
            for activity in 0..<7 { activities[activity] += day.activities[activity] }
        }
        for visitor in seen where visitor.activities != 0 {
            visitors += 1
            if visitor.activities & 1 << 7 != 0 { visitorsOfOther += 1 }
            for activity in 0..<7 where visitor.activities & 1 << UInt8(activity) != 0 { visitorsOf[activity] += 1 }
        }
    }
}

/// `part` of `whole`; nil of nothing.
func rate(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }

/// An order counts once, at its first event; of several in one millisecond the one with the largest amount.
struct KeptOrder {
    let time: Int64
    let revenue: Money?
    let currency: String?

    /// Keeps the order of `row`, if it has one. `at` walks the segment's orders along with its rows.
    static func keep(_ segment: Segment, _ row: Row, _ at: inout Int, in orders: inout [VisitorID: KeptOrder]) {
        guard let order = segment.order(of: row.row, &at) else { return }
        let new = KeptOrder(
            time: row.time, revenue: order.revenue,
            currency: order.currency == 0 ? nil : segment.currencies[Int(order.currency) - 1])
        guard let held = orders[order.id] else {
            orders[order.id] = new
            return
        }
        if new.comesBefore(held) { orders[order.id] = new }
    }

    private func comesBefore(_ other: KeptOrder) -> Bool {
        if time != other.time { return time < other.time }
        let (a, b) = (revenue?.units ?? .min, other.revenue?.units ?? .min)
        return a != b ? a > b : (currency ?? "") < (other.currency ?? "")
    }
}

extension Segment {
    /// The order of a row. Rows are asked for in their order; `at` is the walk's place among the orders.
    func order(of row: Int, _ at: inout Int) -> Order? {
        while at < orders.count, Int(orders[at].row) < row { at += 1 }
        return at < orders.count && Int(orders[at].row) == row ? orders[at] : nil
    }

    func search(of row: Int, _ at: inout Int) -> Search? {
        while at < searches.count, Int(searches[at].row) < row { at += 1 }
        return at < searches.count && Int(searches[at].row) == row ? searches[at] : nil
    }

    /// The products of a row, with amounts where it has any.
    func lines(of row: Int, _ at: inout Int) -> ArraySlice<Line> {
        while at < lines.count, Int(lines[at].row) < row { at += 1 }
        var end = at
        while end < lines.count, Int(lines[end].row) == row { end += 1 }
        if end > at { return lines[at..<end] }
        guard products[row] > 0 else { return [] }
        return [Line(row: UInt32(row), product: products[row] - 1, amount: nil)]
    }
}
