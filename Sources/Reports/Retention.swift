// Weekly retention: of the visitors first seen in a week of the period, how many came again in each week after. Weeks
// begin on Monday, in the configured zone.
import Mongo
import Rollups

public struct RetentionReport: Sendable, Equatable {
    public struct Week: Sendable, Equatable {
        /// Its Monday.
        public let monday: Day
        /// Entry k: visitors who came in the k-th week after; entry 0 is the week itself.
        public var returned: [Int]
        public let isComplete: Bool
    }

    public let period: Period
    public var weeks: [Week]

    /// The share that came in the k-th week after, over all weeks that are over; nil where there is none.
    public var average: [Double?] {
        (0..<weeks.count).map { offset in
            var came = 0
            var base = 0
            for (index, week) in weeks.enumerated() where offset < week.returned.count && index + offset < weeks.count {
                guard weeks[index + offset].isComplete else { continue }
                came += week.returned[offset]
                base += week.returned[0]
            }
            return rate(came, base)
        }
    }

    /// `updated`: until when events are known; a week that reaches past it is not complete.
    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, updated: Int64
    ) throws(MongoError) -> RetentionReport {
        let tally = WeekTally(period)
        try Walk(source, filters).run(from: period.start, [tally])
        let starts = tally.starts
        let begun = starts.dropLast().count { $0 <= updated }
        let weeks = starts.indices.dropLast().map { index in
            Week(
                monday: tally.first + 7 * index, returned: tally.returned(of: index, atMost: max(0, begun - index)),
                isComplete: starts[index + 1] <= updated)
        }
        return RetentionReport(period: period, weeks: weeks)
    }
}

private final class WeekTally: Tally {
    let columns: SegmentColumns = []
    let end: Int64
    /// The Monday of the first week.
    let first: Day
    /// When each week begins, and when the last one ends.
    let starts: [Int64]
    /// First and latest week of each visitor, from 1; 0 for none.
    private let seen = Cells((first: Int16(0), last: Int16(0)))
    /// By first week and week.
    private let counts: Cells<Int>
    private var week = 0

    init(_ period: Period) {
        let monday = period.from + -period.from.weekday
        (first, end) = (monday, period.end)
        let count = (period.to - monday) / 7 + 1
        starts = (0...count).map { Zone.start(of: monday + 7 * $0) }
        counts = Cells(0, count: count * count)
    }

    private var count: Int { starts.count - 1 }

    func begin(_ segment: Segment) {}

    func expect(_ visitor: Int) { seen.expect(visitor) }

    func add(_ visit: Visit, of segment: Segment) {
        guard visit.visitor >= 0 else { return }
        let seen = seen.at(Int(visit.visitor))
        for row in visit.rows {
            if row.time < starts[week] || row.time >= starts[week + 1] {
                week = (starts.firstIndex { $0 > row.time } ?? starts.count) - 1
            }
            let number = Int16(truncatingIfNeeded: week + 1)
            if seen.pointee.last == number { continue }
            if seen.pointee.first == 0 { seen.pointee.first = number }
            seen.pointee.last = number
            counts.at((Int(seen.pointee.first) - 1) * count + week).pointee += 1
        }
    }

    /// Visitors first seen in a week, by weeks after.
    func returned(of week: Int, atMost: Int) -> [Int] {
        Array(counts.cells[week * count + week..<(week + 1) * count].prefix(atMost))
    }
}
