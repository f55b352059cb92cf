// The last 30 minutes by the minute, who is here now, and the newest events.
import Events
import Mongo
import Rollups

public struct RealtimeReport: Sendable, Equatable {
    public struct Minute: Sendable, Equatable {
        public let start: Int64
        public var events = 0
        public var visitors = 0
        /// By `Activity.rawValue`.
        public var activities = [Int](repeating: 0, count: Activity.allCases.count)
    }

    public struct Visitor: Sendable, Equatable {
        public var visitor = ""
        public var last: Int64 = .min
        public var kind = FactKind(activity: nil, type: "track", event: nil)
        public var product: String?
        public var events = 0
        public var context = FactContext()
    }

    public struct Product: Sendable, Equatable {
        public let product: String
        public var name: String?
        public var views = 0
    }

    static let nowMilliseconds: Int64 = 300_000
    static let mostVisitors = 50
    static let mostProducts = 10

    public let period: Period
    public var visitorsNow = 0
    public var minutes: [Minute]
    public var visitors: [Visitor] = []
    public var products: [Product] = []

    /// The last 30 whole minutes and the running one.
    public static func period(now: Int64) -> Period {
        let minute = now - now % 60_000
        return Period(start: minute - 30 * 60_000, end: minute + 60_000)
    }

    public static func make(
        _ source: any SegmentSource, _ filters: Filters, now: Int64
    ) throws(MongoError) -> RealtimeReport {
        let period = period(now: now)
        var report = RealtimeReport(period: period, minutes: [])
        let walk = Walk(source, filters, carries: true)
        let tally = MinuteTally(period, walk)
        try walk.run(from: period.start, [tally])
        report.minutes = tally.minutes
        let here = tally.visitors.filter { $0.events > 0 && $0.last >= now - nowMilliseconds }
        report.visitorsNow = here.count
        report.visitors = Array(
            here.sorted { $0.last != $1.last ? $0.last > $1.last : $0.visitor < $1.visitor }.prefix(mostVisitors))
        report.products = Array(
            tally.views.values.sorted { $0.views != $1.views ? $0.views > $1.views : $0.product < $1.product }
                .prefix(mostProducts))
        return report
    }
}

private final class MinuteTally: Tally {
    let columns: SegmentColumns = [.products, .productNames, .visitorNames, .lines]
    let end: Int64
    private let walk: Walk
    private(set) var minutes: [RealtimeReport.Minute]
    /// By number.
    private(set) var visitors: [RealtimeReport.Visitor] = []
    private(set) var views: [String: RealtimeReport.Product] = [:]
    private let lastMinute = Cells(-1)
    private var run = 0
    private var rowsLeft = 0

    init(_ period: Period, _ walk: Walk) {
        self.walk = walk
        end = period.end
        minutes = (0..<31).map { RealtimeReport.Minute(start: period.start + 60_000 * Int64($0)) }
    }

    func begin(_ segment: Segment) { (run, rowsLeft) = (0, 0) }

    func add(_ visit: Visit, of segment: Segment) {
        for row in visit.rows {
            let minute = Int((row.time - minutes[0].start) / 60_000)
            let kind = segment.kindNames[Int(row.kind)]
            minutes[minute].events += 1
            if let activity = kind.activity { minutes[minute].activities[Int(activity.rawValue)] += 1 }
            if kind.activity == .viewProduct { view(row, segment) }
            guard visit.visitor >= 0 else { continue }
            let last = lastMinute.at(Int(visit.visitor))
            if last.pointee != minute {
                last.pointee = minute
                minutes[minute].visitors += 1
            }
            note(row, Int(visit.visitor), kind, segment)
        }
    }

    private func view(_ row: Row, _ segment: Segment) {
        let product = Int(segment.products[Int(row.row)]) - 1
        guard product >= 0 else { return }
        let id = segment.productIDs[product]
        views[id, default: .init(product: id)].views += 1
        if !segment.productNames[product].name.isEmpty { views[id]?.name = segment.productNames[product].name }
    }

    /// What the visitor did last.
    private func note(_ row: Row, _ visitor: Int, _ kind: FactKind, _ segment: Segment) {
        while visitors.count <= visitor { visitors.append(.init()) }
        // Rows come run after run: the run that holds this one is not far.
        while run < segment.runs.count, rowsLeft + Int(segment.runs[run]) <= Int(row.row) {
            rowsLeft += Int(segment.runs[run])
            run += 1
        }
        let product = segment.products[Int(row.row)]
        visitors[visitor].events += 1
        visitors[visitor].last = row.time
        visitors[visitor].kind = kind
        if run < segment.visitorNames.count { visitors[visitor].visitor = segment.visitorNames[run] }
        visitors[visitor].product = product == 0 ? nil : segment.productIDs[Int(product) - 1]
        visitors[visitor].context = segment.contextNames[Int(row.context)]
        visitors[visitor].context.referrer = walk.texts[Int(row.referrer)]
        visitors[visitor].context.campaign = walk.texts[Int(row.campaign)]
    }
}

/// Events as they lie in MongoDB.
public final class EventReader {
    private let events: MongoCollection

    public init(_ client: MongoClient, database: String, _ collection: String) throws(MongoError) {
        events = try client.collection(database: database, collection)
    }

    /// The newest by event time, newest first; those that claim to be of the future aside.
    public func newest(_ count: Int, now: Int64, _ filters: Filters = Filters()) throws(MongoError) -> [EventSummary] {
        let cursor = try events.find(
            ["ts": ["$lte": .date(now + 60_000)]], projection: EventSummary.projection, sort: ["ts": -1],
            limit: 20 * count)
        var found: [EventSummary] = []
        while found.count < count, let document = try cursor.next() {
            guard let event = EventSummary(document), filters.admits(event.fact) else { continue }
            found.append(event)
        }
        return found
    }

    /// Events of these visitors at these instants, oldest first.
    func at(_ times: [Int64], visitors: [String]) throws(MongoError) -> [EventSummary] {
        var found: [EventSummary] = []
        for start in stride(from: 0, to: times.count, by: 500) {
            let part = times[start..<min(start + 500, times.count)].map { BSONValue.date($0) }
            let cursor = try events.find(
                [
                    "ts": ["$in": .array(part)], "visitor": ["$in": .array(visitors.map { .string($0) })],
                ], projection: EventSummary.projection, sort: ["ts": 1])
            while let document = try cursor.next() {
                if let event = EventSummary(document) { found.append(event) }
            }
        }
        return found.sorted {
            $0.fact.time != $1.fact.time
                ? $0.fact.time < $1.fact.time
                : Fact.precedes($0.fact, $1.fact) || !Fact.precedes($1.fact, $0.fact) && $0.id < $1.id
        }
    }

    /// How many there are by the collection's own books, and the first and last event time.
    public func extent() throws(MongoError) -> (stored: Int, oldest: Int64?, newest: Int64?) {
        let oldest = try events.findOne([:], projection: ["ts": 1], sort: ["ts": 1])?.dateMilliseconds("ts")
        let newest = try events.findOne([:], projection: ["ts": 1], sort: ["ts": -1])?.dateMilliseconds("ts")
        return (try events.estimatedCount(), oldest, newest)
    }
}

extension Filters {
    /// Of an event alone, nothing carried.
    func admits(_ fact: Fact) -> Bool {
        !fact.context.isRobot && Filters.admits(devices, fact.context.device)
            && Filters.admits(referrers, fact.context.referrer) && Filters.admits(campaigns, fact.context.campaign)
            && (isSignedIn == nil || isSignedIn == fact.context.isSignedIn)
            && (products.isEmpty || fact.lines.isEmpty && products.contains(Filters.none)
                || fact.lines.contains { products.contains($0.product) })
    }
}
