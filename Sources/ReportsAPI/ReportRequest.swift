// A report's request read: which report, its parameters, period and what it is compared with.
import Reports
import Rollups

public struct ReportRequest: Sendable {
    enum Kind: String, CaseIterable {
        case overview, funnel, products, searches, wishlist, realtime, journey, retention, health, values, visitors
    }

    let kind: Kind
    let parameters: Parameters
    let period: Period
    let before: Period?
    let filters: Filters
    let limit: Int

    /// Throws what is wrong with it.
    init(_ kind: Kind, _ parameters: Parameters, now: Int64) throws(QueryMistake) {
        self.kind = kind
        self.parameters = parameters
        try parameters.check(known: ReportRequest.known(kind))
        filters = try Filters.parse(parameters)
        let limits: [Kind: (most: Int, usual: Int)] = [.journey: (1000, 200)]
        let limit = limits[kind] ?? (10_000, 100)
        self.limit = try parameters.number("limit", 1...limit.most, usual: limit.usual)
        if kind == .realtime {
            period = RealtimeReport.period(now: now)
            before = nil
            return
        }
        let usual: [Kind: Int] = [.journey: 90, .retention: 7 * 7 + Zone.day(of: now).weekday + 1]
        period = try Period.parse(
            from: try parameters.one("from"), to: try parameters.one("to"), usual: usual[kind] ?? 7, now: now)
        before = period.compared(try parameters.choice("compare", Period.Comparison.off))
    }

    private static func known(_ kind: Kind) -> [String] {
        let range = ["from", "to"]
        switch kind {
        case .health: return []
        case .realtime: return Filters.names
        case .journey: return range + ["visitor", "limit"]
        case .retention: return range + Filters.names
        case .values: return range + Filters.names + ["of", "limit"]
        case .visitors: return range + Filters.names + FunnelQuery.names + ["step", "state", "limit", "compare"]
        case .overview: return range + Filters.names + ["compare", "limit"]
        case .funnel: return range + Filters.names + FunnelQuery.names + ["compare", "limit"]
        case .products, .searches, .wishlist: return range + Filters.names + ["compare", "limit", "sort"]
        }
    }
}
