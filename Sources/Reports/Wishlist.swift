// Wishes: what was most wished for, how many wishes were put into the cart, and how long after. A wish is a visitor and
// a product, from their first addition to the wishlist in the period.
import Events
import Mongo
import Rollups

public struct WishlistReport: Sendable, Equatable {
    public struct Product: Sendable, Equatable {
        public let product: String
        public var name: String?
        /// Events.
        public var added = 0
        /// Distinct wishes.
        public var visitors = 0
        public var moved = 0
        public var median: Int64?

        public var rate: Double? { Reports.rate(moved, visitors) }

        init(_ product: String) { self.product = product }
    }

    public static let columns = ["added", "visitors", "moved", "rate", "median_ms", "product"]
    static let followMilliseconds: Int64 = 90 * 86_400_000
    /// Upper bounds of the times from wish to cart, ms; what took longer is the last.
    public static let bounds: [Int64] = [3_600_000, 86_400_000, 604_800_000, 2_592_000_000]

    public let period: Period
    public var added = 0
    public var wishes = 0
    public var moved = 0
    public var median: Int64?
    public var total = 0
    public var products: [Product] = []
    /// One more than `bounds`.
    public var times = [Int](repeating: 0, count: bounds.count + 1)

    public var rate: Double? { Reports.rate(moved, wishes) }

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ sort: Sort, limit: Int, now: Int64
    ) throws(MongoError) -> WishlistReport {
        let tally = WishTally(period, now: now)
        try Walk(source, filters).run(from: period.start, [tally])
        var report = WishlistReport(period: period)
        report.count(tally, sort, limit)
        return report
    }

    private mutating func count(_ tally: WishTally, _ sort: Sort, _ limit: Int) {
        var all = tally.products
        var took = [[Int64]](repeating: [], count: all.count)
        var every: [Int64] = []
        for wish in tally.wishes.cells {
            let place = Int(wish.product)
            all[place].visitors += 1
            guard wish.movedAfter >= 0 else { continue }
            let after = wish.movedAfter
            all[place].moved += 1
            took[place].append(after)
            every.append(after)
            times[WishlistReport.bounds.firstIndex { after <= $0 } ?? WishlistReport.bounds.count] += 1
        }
        for place in all.indices { all[place].median = percentile(took[place], 50) }
        all.removeAll { $0.added == 0 }
        added = all.reduce(0) { $0 + $1.added }
        wishes = tally.wishes.count
        moved = every.count
        median = percentile(every, 50)
        total = all.count
        if sort.column == "product" {
            all.sort { sort.isFalling ? $0.product > $1.product : $0.product < $1.product }
        } else {
            sort.apply(&all, tie: \.product) { product in
                switch sort.column {
                case "visitors": Double(product.visitors)
                case "moved": Double(product.moved)
                case "rate": product.rate
                case "median_ms": product.median.map(Double.init)
                default: Double(product.added)
                }
            }
        }
        products = Array(all.prefix(limit))
    }
}
