// The rows of the *Daily sets, day by day: each day is the report that the dashboards show of it, so totals agree to the
// last digit. Days are of the configured zone. A row is there for what happened: no zeros but within a funnel.
import Events
import Linux
import Mongo
import Reports
import Rollups

struct DayRows<Source: SegmentSource> {
    let source: Source
    /// ms since 1970.
    let now: Int64
    let deadline: Monotonic
    /// Rows held at once, where the order is not by date.
    static var maxRows: Int { 500_000 }

    /// Activity of events that are none.
    static var other: String { "other" }

    /// How many days are made at once: what a wish led to is read for 90 days behind them.
    func daysAtOnce(_ set: EntitySet) -> Int { set == Model.wishlist ? 62 : 1 }

    /// The rows of [from, to], in no order.
    func rows(_ set: EntitySet, from: Day, to: Day) throws(MongoError) -> [Row] {
        if set == Model.wishlist {
            return try WishlistDays.make(source, from: from, to: to, now: now).map {
                Row(set: set, values: [.date($0.day), .text($0.product), number($0.added), number($0.moved)])
            }
        }
        var rows: [Row] = []
        for number in from.number...max(from.number, to.number) {
            let day = Day(number: number)
            rows += try self.values(set, day, Period(from: day, to: day)).map {
                Row(set: set, values: [.date(day)] + $0)
            }
        }
        return rows
    }

    private func number(_ count: Int) -> Value { .number(Double(count)) }

    /// Behind the date.
    private func values(_ set: EntitySet, _ day: Day, _ period: Period) throws(MongoError) -> [[Value]] {
        let everything = Filters()
        switch set.name {
        case Model.activity.name:
            let report = try OverviewReport.make(source, period, everything)
            let counted = report.activities.reduce(0, +)
            let named = Activity.allCases.map { activity in
                let place = Int(activity.rawValue)
                return (activity.text, report.activities[place], report.visitorsOf[place])
            }
            return (named + [(DayRows.other, report.events - counted, report.visitorsOfOther)])
                .filter { $0.1 > 0 }.map { [.text($0.0), number($0.1), number($0.2)] }
        case Model.funnel.name:
            let report = try FunnelReport.make(source, period, everything, FunnelQuery(), now: now)
            guard report.visitors > 0 else { return [] }
            return report.steps.enumerated().map {
                [number($0.offset + 1), .text($0.element.step.text), number($0.element.visitors)]
            }
        case Model.products.name:
            let sort = Sort(column: "product", isFalling: false)
            return try ProductsReport.make(source, period, everything, sort, limit: .max).products.compactMap {
                product in
                guard product.views + product.adds + product.wishlists + product.orders > 0 else { return nil }
                return [
                    .text(product.product), product.name.map(Value.text) ?? .null, number(product.views),
                    number(product.adds), number(product.wishlists), number(product.orders), amount(product.revenue),
                ]
            }
        default:
            let sort = Sort(column: "term", isFalling: false)
            return try SearchesReport.make(source, period, everything, sort, limit: .max).terms.map {
                [.text($0.term), number($0.searches), number($0.withoutResults)]
            }
        }
    }

    /// Currencies are never added across: an amount there is where a day's orders had one.
    private func amount(_ revenue: Revenue) -> Value {
        let amounts = revenue.sorted
        guard amounts.count == 1 else { return .null }
        return .number(Double(amounts[0].amount.units) / Double(Money.scale))
    }
}

extension DayRows {
    /// Rows behind `after` in this order, at most `limit`; `days`: those that may have any, rising. Ordered by date, no
    /// more days are made than the page needs.
    func page(
        _ set: EntitySet, _ days: [Day], _ filter: Filter?, _ order: [Ordering], after: [Value]?, skip: Int, limit: Int
    ) throws -> [Row] {
        guard limit > 0 else { return [] }
        let isByDate = order.first?.column.type == .date
        let isFalling = isByDate && order.first?.isFalling == true
        var wanted = isFalling ? days.reversed() : days
        if isByDate, let after, case .date(let border)? = after.first {
            wanted = wanted.filter { isFalling ? $0 <= border : $0 >= border }
        }
        var rows: [Row] = []
        var at = 0
        while at < wanted.count {
            let count = isByDate ? daysAtOnce(set) : wanted.count
            let chunk = wanted[at..<min(at + count, wanted.count)]
            at += count
            var found = try self.rows(set, chunk).filter { admits(filter, $0) }
            if let after { found = found.filter { DayRows.precedes(after, $0.values(order), order) } }
            let keys = found.map { $0.values(order) }
            rows += found.indices.sorted { DayRows.precedes(keys[$0], keys[$1], order) }.map { found[$0] }
            if rows.count >= skip + limit { break }
        }
        return Array(rows.dropFirst(skip).prefix(limit))
    }

    func count(_ set: EntitySet, _ days: [Day], _ filter: Filter?) throws -> Int {
        var count = 0
        var at = 0
        while at < days.count {
            let end = min(at + daysAtOnce(set), days.count)
            count += try rows(set, days[at..<end]).count { admits(filter, $0) }
            at = end
        }
        return count
    }

    /// Days that lie side by side are made at once; what a day's walk costs, an empty one between costs too.
    private func rows(_ set: EntitySet, _ days: ArraySlice<Day>) throws -> [Row] {
        let sorted = days.sorted()
        guard set == Model.wishlist, let first = sorted.first, let last = sorted.last else {
            var rows: [Row] = []
            for day in sorted {
                rows += try self.rows(set, from: day, to: day)
                try check(rows.count)
            }
            return rows
        }
        let wanted = Set(sorted)
        var rows: [Row] = []
        var from = first
        while from <= last {
            let to = min(last, from + (daysAtOnce(set) - 1))
            if sorted.contains(where: { $0 >= from && $0 <= to }) {
                rows += try self.rows(set, from: from, to: to).filter {
                    if case .date(let day) = $0.values[0] { wanted.contains(day) } else { false }
                }
            }
            try check(rows.count)
            from = to + 1
        }
        return rows
    }

    private func check(_ count: Int) throws(Fault) {
        guard count <= DayRows.maxRows else {
            throw .tooMuch("more than \(DayRows.maxRows) rows would be put in order")
        }
        guard Monotonic.now < deadline else { throw .tooMuch("this takes too long") }
    }

    private func admits(_ filter: Filter?, _ row: Row) -> Bool { filter.map { $0.holds { row[$0] } == true } ?? true }

    private static func precedes(_ a: [Value], _ b: [Value], _ order: [Ordering]) -> Bool {
        for ((x, y), ordering) in zip(zip(a, b), order) {
            let compared = x.compared(to: y)
            if compared != 0 { return (compared < 0) != ordering.isFalling }
        }
        return false
    }
}

extension Row {
    func values(_ order: [Ordering]) -> [Value] { order.map { self[$0.column] } }
}
