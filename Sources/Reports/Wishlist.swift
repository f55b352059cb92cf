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

    private struct Wish {
        let time: Int64
        var movedAfter: Int64?
    }

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ sort: Sort, limit: Int, now: Int64
    ) throws(MongoError) -> WishlistReport {
        let walk = Walk(source, filters)
        var products: [Product] = []
        var names: [(name: String, time: Int64)] = []
        var places: [String: Int] = [:]
        var placeOf: [Int] = []
        var activityOf: [UInt8] = []
        var wishes: [UInt64: Wish] = [:]
        var hasWish: [Bool] = []
        var at = 0
        try walk.run(
            from: period.start, to: max(period.end, min(period.end + followMilliseconds, now + 1)),
            columns: [.products, .productNames, .lines]
        ) { segment in
            at = 0
            activityOf = segment.kindNames.map { $0.activity?.rawValue ?? .max }
            placeOf = segment.productIDs.indices.map { index in
                let id = segment.productIDs[index]
                let place = places[id] ?? products.count
                if place == products.count {
                    places[id] = place
                    products.append(Product(id))
                    names.append(("", .min))
                }
                let said = segment.productNames[index]
                let time = segment.place.start + Int64(said.time)
                if !said.name.isEmpty, (time, said.name) > (names[place].time, names[place].name) {
                    names[place] = (said.name, time)
                }
                return place
            }
        } onRow: { segment, row in
            let activity = activityOf[Int(segment.kinds[row.row])]
            let visitor = Int(row.visitor)
            if activity == Activity.addToWishlist.rawValue, row.time < period.end {
                for line in segment.lines(of: row.row, &at) {
                    let place = placeOf[Int(line.product)]
                    products[place].added += 1
                    guard visitor >= 0 else { continue }
                    let key = UInt64(visitor) << 32 | UInt64(place)
                    if wishes[key] == nil {
                        wishes[key] = Wish(time: row.time)
                        while hasWish.count <= visitor { hasWish.append(false) }
                        hasWish[visitor] = true
                    }
                }
            } else if activity == Activity.addToCart.rawValue, visitor >= 0, visitor < hasWish.count, hasWish[visitor] {
                for line in segment.lines(of: row.row, &at) {
                    let key = UInt64(visitor) << 32 | UInt64(placeOf[Int(line.product)])
                    guard let wish = wishes[key], wish.movedAfter == nil,
                        row.time - wish.time <= followMilliseconds
                    else { continue }
                    wishes[key]?.movedAfter = row.time - wish.time
                }
            }
        }
        for (place, said) in names.enumerated() where !said.name.isEmpty { products[place].name = said.name }
        var report = WishlistReport(period: period)
        report.count(wishes, products, sort, limit)
        return report
    }

    private mutating func count(_ wishes: [UInt64: Wish], _ counted: [Product], _ sort: Sort, _ limit: Int) {
        var all = counted
        var took = [[Int64]](repeating: [], count: all.count)
        var every: [Int64] = []
        for (key, wish) in wishes {
            let place = Int(key & 0xFFFF_FFFF)
            all[place].visitors += 1
            guard let after = wish.movedAfter else { continue }
            all[place].moved += 1
            took[place].append(after)
            every.append(after)
            times[WishlistReport.bounds.firstIndex { after <= $0 } ?? WishlistReport.bounds.count] += 1
        }
        for place in all.indices { all[place].median = percentile(took[place].sorted(), 50) }
        all.removeAll { $0.added == 0 }
        added = all.reduce(0) { $0 + $1.added }
        self.wishes = wishes.count
        moved = every.count
        median = percentile(every.sorted(), 50)
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
