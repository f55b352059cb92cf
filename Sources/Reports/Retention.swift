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
        let first = period.from + -period.from.weekday
        let starts = stride(from: first.number, through: period.to.number, by: 7).map {
            Zone.start(of: Day(number: $0))
        }
        let ends = Array(starts.dropFirst()) + [Zone.start(of: first + 7 * starts.count)]
        var counts = [[Int]](repeating: [Int](repeating: 0, count: starts.count), count: starts.count)
        /// First and latest week of each visitor, from 1; 0 for none.
        var seen: [(first: Int16, last: Int16)] = []
        var week = 0
        try Walk(source, filters).run(from: period.start, to: period.end) { _, row in
            guard row.visitor >= 0 else { return }
            if row.time < starts[week] || row.time >= ends[week] {
                week = (starts.firstIndex { $0 > row.time } ?? starts.count) - 1
            }
            let visitor = Int(row.visitor)
            while seen.count <= visitor { seen.append((0, 0)) }
            let number = Int16(truncatingIfNeeded: week + 1)
            guard seen[visitor].last != number else { return }
            if seen[visitor].first == 0 { seen[visitor].first = number }
            seen[visitor].last = number
            counts[Int(seen[visitor].first) - 1][week + 1 - Int(seen[visitor].first)] += 1
        }
        let begun = starts.count { $0 <= updated }
        let weeks = starts.indices.map { index in
            Week(
                monday: first + 7 * index, returned: Array(counts[index].prefix(max(0, begun - index))),
                isComplete: ends[index] <= updated)
        }
        return RetentionReport(period: period, weeks: weeks)
    }
}
