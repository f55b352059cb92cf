// One visitor's way through the shop: roll-ups tell when there was something, the events themselves tell what.
import Events
import Mongo
import Rollups

public struct JourneyReport: Sendable, Equatable {
    public struct Visit: Sendable, Equatable {
        public var events: [EventSummary]
        public var start: Int64 { events.first?.fact.time ?? 0 }
        public var end: Int64 { events.last?.fact.time ?? 0 }
        /// The first that any of its events says.
        public var device: String? { events.lazy.compactMap(\.fact.context.device).first }
        public var referrer: String? { events.lazy.compactMap(\.fact.context.referrer).first }
        public var campaign: String? { events.lazy.compactMap(\.fact.context.campaign).first }
    }

    static let pauseMilliseconds: Int64 = 1_800_000

    public let period: Period
    /// Who the visitor is counted as.
    public let visitor: String
    public var users: [String] = []
    public var first: Int64?
    public var last: Int64?
    /// Events in the period, also those that were cut.
    public var total = 0
    public var orders = 0
    public var revenue = Revenue()
    public var visits: [Visit] = []

    /// `limit`: the newest events are kept.
    public static func make(
        _ source: MongoSegments, _ people: People, _ events: EventReader, _ period: Period, visitor asked: String,
        limit: Int
    ) throws(MongoError) -> JourneyReport {
        let visitor = asked.hasPrefix("u:") ? try people.visitor(of: asked) : asked
        let id = VisitorID(visitor)
        let links = try source.people()
        let ids = Set([id] + links.filter { $0.value == id }.map(\.key))
        var report = JourneyReport(period: period, visitor: visitor)
        var times: [Int64] = []
        var names = Set([visitor])
        try source.forEach(from: period.start, to: period.end, columns: .visitorNames) { segment in
            var row = 0
            for (run, owner) in segment.visitors.enumerated() {
                let next = row + Int(segment.runs[run])
                defer { row = next }
                guard ids.contains(owner) else { continue }
                if run < segment.visitorNames.count { names.insert(segment.visitorNames[run]) }
                for row in row..<next {
                    let time = segment.place.start + Int64(segment.times[row])
                    if time >= period.start, time < period.end { times.append(time) }
                }
            }
        }
        times.sort()
        report.total = times.count
        report.first = times.first
        report.last = times.last
        let kept = Array(times.suffix(limit))
        var found = try events.at(Array(Set(kept)).sorted(), visitors: Array(names))
        found.removeFirst(max(0, found.count - limit))
        report.fill(found)
        return report
    }

    private mutating func fill(_ events: [EventSummary]) {
        var orderIDs = Set<String>()
        var known = Set<String>()
        for event in events {
            if let user = event.fact.user
                ?? event.fact.visitor.flatMap({ $0.hasPrefix("u:") ? String($0.dropFirst(2)) : nil }),
                known.insert(user).inserted
            {
                users.append(user)
            }
            if let order = event.fact.order, orderIDs.insert(order.id).inserted, let amount = order.revenue {
                revenue.add(amount, order.currency)
            }
            if let last = visits.last, event.fact.time - last.end < JourneyReport.pauseMilliseconds {
                visits[visits.count - 1].events.append(event)
            } else {
                visits.append(Visit(events: [event]))
            }
        }
        orders = orderIDs.count
    }
}
