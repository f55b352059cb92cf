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
        let tally = FunnelTally(query, period, now: now)
        let walk = Walk(source, filters, carries: tally.carries)
        try walk.run(from: period.start, [tally])
        let isLast = step == query.steps.count
        let ids = walk.visitors.ids
        let parts = tally.inParts { visitors in
            var newest = Newest(limit)
            tally.forEachChain(of: visitors) { visitor, chain in
                let count = chain.times.count
                let fits =
                    switch state {
                    case .reached: count >= step
                    case .wentOn: count > step || isLast && count == step
                    case .left: count == step && !chain.isInProgress && !isLast
                    case .inProgress: count == step && chain.isInProgress
                    }
                if fits {
                    newest.add(
                        Found(id: ids[visitor], began: chain.times[0], last: chain.times[count - 1], steps: count))
                }
            }
            return newest
        }
        var report = FunnelPeople(period: period)
        report.total = parts.reduce(0) { $0 + $1.total }
        let found = parts.flatMap(\.found).sorted(by: Found.isNewer).prefix(limit)
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

private struct Found {
    let id: VisitorID
    let began: Int64
    let last: Int64
    let steps: Int

    static func isNewer(_ a: Found, _ b: Found) -> Bool { (a.last, a.id) > (b.last, b.id) }
}

/// Counts who fits and keeps the newest: not all of a million are sorted for the first hundred.
private struct Newest {
    private let limit: Int
    private(set) var total = 0
    /// The newest `limit` are among them.
    private(set) var found: [Found] = []
    /// Whoever is not newer than this is not among the newest.
    private var oldest: Found?

    init(_ limit: Int) { self.limit = max(limit, 1) }

    mutating func add(_ one: Found) {
        total += 1
        if let oldest, !Found.isNewer(one, oldest) { return }
        found.append(one)
        guard found.count >= 2 * limit + 1000 else { return }
        found.sort(by: Found.isNewer)
        found.removeLast(found.count - limit)
        oldest = found.last
    }
}
