// Counts an overview: a cell a day and activity, a cell a visitor, an entry an order.
import Events
import Mongo
import Rollups

final class OverviewTally: Tally {
    let columns: SegmentColumns = .orders
    var end: Int64 { period.end }
    private let period: Period
    private let blank: OverviewReport
    private let firstHour: Int64
    private let seen = Cells(Seen())
    private let orderNumbers = IDTable()
    private var orders: [KeptOrder] = []
    /// Eight cells a day, and an hour; what is no activity is the last.
    private let counts: Cells<Int>
    private let hourCounts: Cells<Int>
    private let dayVisitors: Cells<Int>
    private let hourVisitors: Cells<Int>
    private var activityOf: [Int] = []
    private var orderAt = 0
    private var day = 0

    private struct Seen {
        var day: Int32 = -1
        var hour: Int32 = -1
        var activities: UInt8 = 0
    }

    init(_ period: Period) {
        self.period = period
        blank = OverviewReport(period)
        firstHour = blank.hours.first?.start ?? 0
        counts = Cells(0, count: 8 * period.dayCount)
        dayVisitors = Cells(0, count: period.dayCount)
        hourCounts = Cells(0, count: 8 * blank.hours.count)
        hourVisitors = Cells(0, count: blank.hours.count)
    }

    func begin(_ segment: Segment) {
        activityOf = segment.kindNames.map { $0.activity.map { Int($0.rawValue) } ?? 7 }
        orderAt = 0
    }

    func expect(_ visitor: Int) { seen.expect(visitor) }

    func add(_ visit: Visit, of segment: Segment) {
        let hasHours = !blank.hours.isEmpty
        let seen = visit.visitor >= 0 ? self.seen.at(Int(visit.visitor)) : nil
        var activities: UInt8 = 0
        for row in visit.rows {
            let activity = activityOf[Int(row.kind)]
            if row.time < period.dayStarts[day] || row.time >= period.dayStarts[day &+ 1] {
                day = period.dayIndex(of: row.time)
            }
            counts.at(8 &* day &+ activity).pointee &+= 1
            activities |= 1 &<< UInt8(activity)
            if let seen, seen.pointee.day != Int32(day) {
                seen.pointee.day = Int32(day)
                dayVisitors.at(day).pointee &+= 1
            }
            if hasHours {
                let hour = Int((row.time - firstHour) / 3_600_000)
                hourCounts.at(8 &* hour &+ activity).pointee &+= 1
                if let seen, seen.pointee.hour != Int32(hour) {
                    seen.pointee.hour = Int32(hour)
                    hourVisitors.at(hour).pointee &+= 1
                }
            }
            if activity == Int(Activity.order.rawValue) { keepOrder(row, segment) }
        }
        seen?.pointee.activities |= activities
    }

    private func keepOrder(_ row: Row, _ segment: Segment) {
        guard let order = segment.order(of: row, &orderAt) else { return }
        let new = KeptOrder(
            time: row.time, revenue: order.revenue,
            currency: order.currency == 0 ? nil : segment.currencies[Int(order.currency) - 1])
        let number = orderNumbers.number(of: order.id)
        if number == orders.count {
            orders.append(new)
        } else if new.comesBefore(orders[number]) {
            orders[number] = new
        }
    }

    /// After the walk.
    func report() -> OverviewReport {
        var report = blank
        for index in report.days.indices { put(counts, dayVisitors, index, &report.days[index]) }
        for index in report.hours.indices { put(hourCounts, hourVisitors, index, &report.hours[index]) }
        for day in report.days {
            report.events += day.events
            for activity in 0..<7 { report.activities[activity] += day.activities[activity] }
        }
        var visitorsOf = [Int](repeating: 0, count: 8)
        for visitor in seen.cells where visitor.activities != 0 {
            report.visitors += 1
            for activity in 0..<8 { visitorsOf[activity] &+= Int(visitor.activities &>> UInt8(activity) & 1) }
        }
        report.visitorsOfOther = visitorsOf.removeLast()
        report.visitorsOf = visitorsOf
        for order in orders { add(order, to: &report) }
        return report
    }

    private func put(_ counts: Cells<Int>, _ visitors: Cells<Int>, _ index: Int, _ span: inout OverviewReport.Span) {
        let own = counts.cells[8 * index..<8 * index + 8]
        span.events = own.reduce(0, +)
        span.activities = Array(own.prefix(7))
        span.visitors = visitors.cells[index]
    }

    private func add(_ order: KeptOrder, to report: inout OverviewReport) {
        let day = period.dayIndex(of: order.time)
        let hour = report.hours.isEmpty ? nil : Int((order.time - firstHour) / 3_600_000)
        report.orders += 1
        report.days[day].orders += 1
        if let hour { report.hours[hour].orders += 1 }
        guard let amount = order.revenue else { return }
        report.revenue.add(amount, order.currency)
        report.days[day].revenue.add(amount, order.currency)
        if let hour { report.hours[hour].revenue.add(amount, order.currency) }
    }
}

/// An order counts once, at its first event; of several in one millisecond the one with the largest amount.
private struct KeptOrder {
    let time: Int64
    let revenue: Money?
    let currency: String?

    func comesBefore(_ other: KeptOrder) -> Bool {
        if time != other.time { return time < other.time }
        let (a, b) = (revenue?.units ?? .min, other.revenue?.units ?? .min)
        return a != b ? a > b : (currency ?? "") < (other.currency ?? "")
    }
}
