// What the overview page shows of a period, in one walk: its figures, searches, and, to be held against another period,
// products and the usual funnel.
import Mongo
import Rollups

public struct OverviewBundle {
    public let overview: OverviewReport
    public let searches: SearchesReport
    /// Empty where there is nothing to compare with.
    public let products: [ProductsReport.Product]
    public let funnel: FunnelReport?

    /// Searches by the most without results.
    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, isCompared: Bool, terms: Int, now: Int64
    ) throws(MongoError) -> OverviewBundle {
        let overview = OverviewTally(period)
        let searches = SearchTally(period)
        let products = isCompared ? ProductTally(period) : nil
        let funnel = isCompared ? FunnelTally(FunnelQuery(), period, now: now) : nil
        let walk = Walk(source, filters)
        let tallies: [(any Tally)?] = [overview, searches, products, funnel]
        try walk.run(from: period.start, tallies.compactMap { $0 })
        return OverviewBundle(
            overview: overview.report(),
            searches: searches.report(Sort(column: "without_results", isFalling: true), limit: terms),
            products: products?.products() ?? [], funnel: funnel.map { $0.report(walk) })
    }
}
