// The walk every report makes: segment after segment, visitor after visitor, the rows that the filters let through, each
// visitor's in time's order. Robots are left out, a `u:` walks as the `a:` it was last seen with, and referrer and
// campaign are carried from a visitor's earlier events of the same day, as docs/reports-api.md says.
import Mongo
import Rollups

/// One event of a walk; its columns lie at `row` of the segment.
struct Row {
    /// The visitor's number; -1 for nobody.
    let visitor: Int32
    let time: Int64
    let row: Int
    /// Into the walk's `texts`; 0 for none. Carried.
    let referrer: Int32
    let campaign: Int32
}

final class Walk {
    private let source: any SegmentSource
    private let filters: Filters
    private let carries: Bool
    private var people: [VisitorID: VisitorID]?
    /// Visitors met so far.
    private(set) var visitors = VisitorTable()
    /// Referrers and campaigns; 0 is none.
    private(set) var texts: [String?] = [nil]
    private var textPlaces: [String: Int32] = [:]
    private var carried: [Carried] = []

    /// `carries`: referrer and campaign are wanted beside the filters.
    init(_ source: any SegmentSource, _ filters: Filters, carries: Bool = false) {
        self.source = source
        self.filters = filters
        self.carries = carries || !filters.referrers.isEmpty || !filters.campaigns.isEmpty
    }

    /// Visits rows in [start, end); `onSegment` comes before each segment's rows.
    func run(
        from start: Int64, to end: Int64, columns: SegmentColumns = [],
        onSegment: (Segment) -> Void = { _ in }, onRow: (Segment, Row) -> Void
    ) throws(MongoError) {
        var columns = columns.union(.contexts)
        if !filters.products.isEmpty { columns.formUnion([.products, .lines]) }
        // What is carried begins with the visitor's day.
        let days = Period(start: start, end: max(end, start + 1))
        let low = carries ? days.dayStarts[0] : start
        try source.forEach(from: low, to: end, columns: columns) { (segment) throws(MongoError) in
            let segment = try self.joined(segment)
            onSegment(segment)
            self.walk(segment, start, end, days, onRow)
        }
    }

    /// The segment with each visitor once, under the id it is counted as.
    private func joined(_ segment: Segment) throws(MongoError) -> Segment {
        guard segment.visitors.contains(where: \.isUser) else { return segment }
        let people: [VisitorID: VisitorID]
        if let known = self.people { people = known } else { people = try source.people() }
        self.people = people
        guard segment.visitors.contains(where: { $0.isUser && people[$0] != nil }) else { return segment }
        return segment.joined { $0.isUser ? people[$0] ?? $0 : $0 }
    }

    private func walk(
        _ segment: Segment, _ start: Int64, _ end: Int64, _ days: Period, _ onRow: (Segment, Row) -> Void
    ) {
        let base = segment.place.start
        let isWhole = base >= start && segment.place.end <= end
        let admitted = segment.contextNames.map {
            !$0.isRobot && Filters.admits(filters.devices, $0.device)
                && (filters.isSignedIn == nil || filters.isSignedIn == $0.isSignedIn)
        }
        let isOpen = filters.products.isEmpty && !carries
        let products = ProductFilter(filters.products, segment)
        let named = carries ? segment.contextNames.map { (text($0.referrer), text($0.campaign)) } : []
        let referrers = admission(filters.referrers)
        let campaigns = admission(filters.campaigns)
        var row = 0
        segment.times.withUnsafeBufferPointer { times in
            segment.contexts.withUnsafeBufferPointer { contexts in
                for run in 0...segment.visitors.count {
                    let isSomebody = run < segment.visitors.count
                    let next = isSomebody ? row &+ Int(segment.runs[run]) : times.count
                    let visitor = isSomebody ? visitors.number(of: segment.visitors[run]) : -1
                    while row < next {
                        defer { row &+= 1 }
                        let time = base &+ Int64(times[row])
                        let context = Int(contexts[row])
                        if isOpen {
                            if !isWhole, time < start || time >= end { continue }
                            if admitted[context] {
                                onRow(segment, Row(visitor: visitor, time: time, row: row, referrer: 0, campaign: 0))
                            }
                            continue
                        }
                        var origin = (Int32(0), Int32(0))
                        if carries {
                            // Segments reach past the days that are walked.
                            if time < days.dayStarts[0] || time >= end { continue }
                            if segment.contextNames[context].isRobot { continue }
                            origin = carry(visitor, named[context], Int32(days.dayIndex(of: time)))
                        }
                        guard time >= start, time < end, admitted[context], products.admits(row),
                            referrers[Int(origin.0)], campaigns[Int(origin.1)]
                        else { continue }
                        onRow(
                            segment,
                            Row(visitor: visitor, time: time, row: row, referrer: origin.0, campaign: origin.1))
                    }
                }
            }
        }
    }

    private func carry(_ visitor: Int32, _ said: (Int32, Int32), _ day: Int32) -> (Int32, Int32) {
        guard visitor >= 0 else { return said }
        let place = Int(visitor)
        while carried.count <= place { carried.append(Carried()) }
        if carried[place].day != day { carried[place] = Carried(day: day) }
        if said.0 != 0 { carried[place].referrer = said.0 }
        if said.1 != 0 { carried[place].campaign = said.1 }
        return (carried[place].referrer, carried[place].campaign)
    }

    private func text(_ text: String?) -> Int32 {
        guard let text else { return 0 }
        if let place = textPlaces[text] { return place }
        let place = Int32(truncatingIfNeeded: texts.count)
        texts.append(text)
        textPlaces[text] = place
        return place
    }

    /// Beside each text, whether it is one of the wanted.
    private func admission(_ wanted: [String]) -> [Bool] { texts.map { Filters.admits(wanted, $0) } }
}

/// What a visitor showed last, and on which day.
private struct Carried {
    var day: Int32 = -1
    var referrer: Int32 = 0
    var campaign: Int32 = 0
}

/// Which rows name one of the wanted products.
struct ProductFilter {
    private var rows: [Bool]?

    init(_ wanted: [String], _ segment: Segment) {
        guard !wanted.isEmpty else { return }
        let isWanted = segment.productIDs.map { wanted.contains($0) }
        var rows = segment.products.map {
            $0 == 0 ? wanted.contains(Filters.none) : isWanted[Int($0) - 1]
        }
        for line in segment.lines where isWanted[Int(line.product)] { rows[Int(line.row)] = true }
        self.rows = rows
    }

    func admits(_ row: Int) -> Bool { rows?[row] ?? true }
}
