// Who is behind a bar of the funnel.
import Mongo
import Rollups

public struct FunnelPeople: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case reached, wentOn = "went_on", left, inProgress = "in_progress"
    }

    public struct Visitor: Sendable, Equatable {
        public var visitor: String
        public let began: Int64
        public let last: Int64
        public let steps: Int
    }

    public let period: Period
    public var total = 0
    /// The newest first.
    public var visitors: [Visitor] = []

    /// `step` from 1.
    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ query: FunnelQuery, step: Int,
        state: State, limit: Int, now: Int64
    ) throws(MongoError) -> FunnelPeople {
        var found: [(id: VisitorID, began: Int64, last: Int64, steps: Int)] = []
        let tally = FunnelTally(query, period, now: now)
        let walk = Walk(source, filters, carries: tally.carries)
        try walk.run(from: period.start, [tally])
        tally.forEachChain(walk) { id, chain in
            let count = chain.times.count
            let isLast = step == query.steps.count
            let fits =
                switch state {
                case .reached: count >= step
                case .wentOn: count > step || isLast && count == step
                case .left: count == step && !chain.isInProgress && !isLast
                case .inProgress: count == step && chain.isInProgress
                }
            if fits { found.append((id, chain.times[0], chain.times[count - 1], count)) }
        }
        var report = FunnelPeople(period: period)
        report.total = found.count
        found.sort { ($0.last, $0.id) > ($1.last, $1.id) }
        found = Array(found.prefix(limit))
        var names: [VisitorID: String] = [:]
        for visitor in found { names[visitor.id] = "" }
        // Texts are read only where these visitors were.
        if let low = found.map(\.began).min(), let high = found.map(\.last).max() {
            let people = try source.people()
            try source.forEach(from: low, to: high + 1, columns: .visitorNames) { segment in
                for (index, id) in segment.visitors.enumerated() where index < segment.visitorNames.count {
                    let name = segment.visitorNames[index]
                    if let known = names[id], known.isEmpty { names[id] = name }
                    // Seen in this stretch as a user alone.
                    if id.isUser, let counted = people[id], names[counted] == "" { names[counted] = name }
                }
            }
        }
        report.visitors = found.map {
            Visitor(visitor: names[$0.id] ?? "", began: $0.began, last: $0.last, steps: $0.steps)
        }
        return report
    }
}
