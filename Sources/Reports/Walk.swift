// The walk every report makes: segment after segment, visitor after visitor, the rows that the filters let through, each
// visitor's in time's order. Robots are left out, a `u:` walks as the `a:` it was last seen with, and referrer and
// campaign are carried from a visitor's earlier events of the same day, as docs/reports-api.md says. What is counted is a
// tally's; several tallies can share a walk.
import Mongo
import Rollups

/// One event of a walk; its columns lie at `row` of the segment.
struct Row {
    let time: Int64
    let row: UInt32
    /// Into the segment's `kindNames`.
    let kind: UInt32
    /// Into the segment's `contextNames`.
    let context: UInt32
    /// Into the walk's `texts`; 0 for none. Carried.
    let referrer: Int32
    let campaign: Int32
}

/// What one visitor did within one segment; at least one row. Valid while it is added.
struct Visit {
    /// The visitor's number; -1 for nobody.
    let visitor: Int32
    let rows: UnsafeBufferPointer<Row>
}

/// What a report makes of a walk.
protocol Tally: AnyObject {
    var columns: SegmentColumns { get }
    /// Rows at this instant or later are not for it.
    var end: Int64 { get }
    /// Comes before a segment's visits.
    func begin(_ segment: Segment)
    /// A visitor of whom a visit comes soon: a chance to ask for what is known of them.
    func expect(_ visitor: Int)
    func add(_ visit: Visit, of segment: Segment)
}

extension Tally {
    func expect(_ visitor: Int) {}
}

final class Walk {
    private static let lookAhead = 8
    private let source: any SegmentSource
    fileprivate let filters: Filters
    fileprivate let carries: Bool
    private var people: [VisitorID: VisitorID]?
    /// Visitors met so far.
    let visitors = IDTable()
    /// Referrers and campaigns; 0 is none.
    private(set) var texts: [String?] = [nil]
    private var textPlaces: [String: Int32] = [:]
    private let carried = Cells(Carried())
    /// Of the segment at hand: its visitors' numbers; and the rows of one visit.
    private let numbers = Cells<Int32>(-1)
    private let rows = Cells(Row(time: 0, row: 0, kind: 0, context: 0, referrer: 0, campaign: 0))

    /// `carries`: referrer and campaign are wanted beside the filters.
    init(_ source: any SegmentSource, _ filters: Filters, carries: Bool = false) {
        self.source = source
        self.filters = filters
        self.carries = carries || !filters.referrers.isEmpty || !filters.campaigns.isEmpty
    }

    /// Gives each tally the rows from `start` to its end.
    func run(from start: Int64, _ tallies: [any Tally]) throws(MongoError) {
        var columns: SegmentColumns = .contexts
        var end = start
        for tally in tallies {
            columns.formUnion(tally.columns)
            end = max(end, tally.end)
        }
        if !filters.products.isEmpty { columns.formUnion([.products, .lines]) }
        // What is carried begins with the visitor's day.
        let days = Period(start: start, end: max(end, start + 1))
        let low = carries ? days.dayStarts[0] : start
        let prepare = { (segment: Segment) throws(MongoError) in try self.joined(segment) }
        try source.forEach(from: low, to: end, columns: columns, prepare: prepare) { segment in
            for tally in tallies { tally.begin(segment) }
            self.walk(segment, start, end, days, tallies)
        }
    }

    /// The segment with each visitor once, under the id it is counted as. Runs ahead of the walk: `people` is its own.
    private func joined(_ segment: Segment) throws(MongoError) -> Segment {
        guard segment.visitors.contains(where: \.isUser) else { return segment }
        let people: [VisitorID: VisitorID]
        if let known = self.people { people = known } else { people = try source.people() }
        self.people = people
        return people.isEmpty ? segment : segment.joined { $0.isUser ? people[$0] ?? $0 : $0 }
    }

    private func walk(
        _ segment: Segment, _ start: Int64, _ end: Int64, _ days: Period, _ tallies: [any Tally]
    ) {
        visitors.number(segment.visitors, into: numbers)
        let admission = Admission(self, segment, start, end)
        var row = 0
        for run in 0...segment.visitors.count {
            let isSomebody = run < segment.visitors.count
            let next = isSomebody ? row &+ Int(segment.runs[run]) : segment.rowCount
            let visitor = isSomebody ? numbers.base[run] : -1
            if run &+ Walk.lookAhead < segment.visitors.count {
                let next = Int(numbers.base[run &+ Walk.lookAhead])
                if carries { carried.expect(next) }
                for tally in tallies { tally.expect(next) }
            }
            _ = rows.at(next &- row)
            let count =
                carries
                ? carry(visitor, row..<next, admission, days) : admission.copy(row..<next, to: rows.base)
            row = next
            guard count > 0 else { continue }
            for tally in tallies {
                var count = count
                while count > 0, rows.base[count &- 1].time >= tally.end { count &-= 1 }
                guard count > 0 else { continue }
                tally.add(Visit(visitor: visitor, rows: .init(start: rows.base, count: count)), of: segment)
            }
        }
    }

    /// As `Admission.copy`, with what a visitor's day has shown so far.
    private func carry(_ visitor: Int32, _ range: Range<Int>, _ admission: Admission, _ days: Period) -> Int {
        let base = admission.segment.place.start
        var held = visitor >= 0 ? carried.at(Int(visitor)).pointee : Carried()
        var day = 0
        var count = 0
        for row in range {
            let time = base &+ Int64(admission.segment.times[row])
            let context = Int(admission.segment.contexts[row])
            // Segments reach past the days that are walked.
            if time < days.dayStarts[0] || time >= admission.end { continue }
            if admission.segment.contextNames[context].isRobot { continue }
            if time < days.dayStarts[day] || time >= days.dayStarts[day + 1] { day = days.dayIndex(of: time) }
            if visitor < 0 || held.day != Int32(day) { held = Carried(day: Int32(day)) }
            let said = admission.named[context]
            if said.referrer != 0 { held.referrer = said.referrer }
            if said.campaign != 0 { held.campaign = said.campaign }
            guard time >= admission.start, admission.contexts[context], admission.products.admits(row),
                admission.texts[Int(held.referrer)].isReferrer, admission.texts[Int(held.campaign)].isCampaign
            else { continue }
            rows.base[count] = Row(
                time: time, row: UInt32(truncatingIfNeeded: row), kind: admission.segment.kinds[row],
                context: UInt32(context), referrer: held.referrer, campaign: held.campaign)
            count += 1
        }
        if visitor >= 0 { carried.at(Int(visitor)).pointee = held }
        return count
    }

    fileprivate func text(_ text: String?) -> Int32 {
        guard let text else { return 0 }
        if let place = textPlaces[text] { return place }
        let place = Int32(truncatingIfNeeded: texts.count)
        texts.append(text)
        textPlaces[text] = place
        return place
    }
}

/// What a visitor showed last, and on which day.
private struct Carried {
    var day: Int32 = -1
    var referrer: Int32 = 0
    var campaign: Int32 = 0
}

/// Which rows of a segment are wanted.
private struct Admission {
    let segment: Segment
    let start: Int64
    let end: Int64
    /// Beside each of the segment's contexts.
    let contexts: [Bool]
    let products: ProductFilter
    /// The same, into `texts`; only where they are carried.
    let named: [(referrer: Int32, campaign: Int32)]
    /// Beside each of the walk's texts, whether it is wanted.
    let texts: [(isReferrer: Bool, isCampaign: Bool)]

    init(_ walk: Walk, _ segment: Segment, _ start: Int64, _ end: Int64) {
        let filters = walk.filters
        (self.segment, self.start, self.end) = (segment, start, end)
        contexts = segment.contextNames.map {
            !$0.isRobot && Filters.admits(filters.devices, $0.device)
                && (filters.isSignedIn == nil || filters.isSignedIn == $0.isSignedIn)
        }
        products = ProductFilter(filters.products, segment)
        named = walk.carries ? segment.contextNames.map { (walk.text($0.referrer), walk.text($0.campaign)) } : []
        texts = walk.texts.map { (Filters.admits(filters.referrers, $0), Filters.admits(filters.campaigns, $0)) }
    }

    /// Copies the wanted rows of `range`; how many they are.
    func copy(_ range: Range<Int>, to room: UnsafeMutablePointer<Row>) -> Int {
        let base = segment.place.start
        var count = 0
        for row in range {
            let time = base &+ Int64(segment.times[row])
            let context = segment.contexts[row]
            guard time >= start, time < end, contexts[Int(context)], products.admits(row) else { continue }
            room[count] = Row(
                time: time, row: UInt32(truncatingIfNeeded: row), kind: segment.kinds[row], context: context,
                referrer: 0, campaign: 0)
            count &+= 1
        }
        return count
    }
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
