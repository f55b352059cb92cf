// Products: seen, put into carts, wished for, ordered, and what they earned.
import Events
import Mongo
import Rollups

public struct ProductsReport: Sendable, Equatable {
    public enum Corner: String, Sendable { case seldomAdded = "seldom_added", seldomSeen = "seldom_seen" }

    public struct Product: Sendable, Equatable {
        public let product: String
        public var name: String?
        public var views = 0
        public var adds = 0
        public var removes = 0
        public var wishlists = 0
        public var orders = 0
        public var revenue = Revenue()
        public var corner: Corner?

        public var rate: Double? { Reports.rate(adds, views) }

        init(_ product: String) { self.product = product }
    }

    public let period: Period
    /// In the order asked for, cut at `limit`.
    public var products: [Product] = []
    /// Before the cut.
    public var total = 0
    public var medianViews: Int?
    public var medianRate: Double?

    public static let columns = ["views", "adds", "rate", "wishlists", "orders", "revenue", "product", "name"]

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ sort: Sort, limit: Int
    ) throws(MongoError) -> ProductsReport {
        var report = ProductsReport(period: period)
        var all = try counted(source, period, filters)
        report.total = all.count
        report.nameCorners(&all)
        sort.order(&all)
        report.products = Array(all.prefix(limit))
        return report
    }

    /// The same products in another period, in the same order.
    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, of products: [Product]
    ) throws(MongoError) -> ProductsReport {
        var report = ProductsReport(period: period)
        var all = try counted(source, period, filters)
        report.total = all.count
        report.nameCorners(&all)
        let found = Dictionary(all.map { ($0.product, $0) }, uniquingKeysWith: { first, _ in first })
        report.products = products.map { product in
            found[product.product] ?? Product(product.product)
        }
        return report
    }

    private static func counted(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters
    ) throws(MongoError) -> [Product] {
        let tally = ProductTally(period)
        try Walk(source, filters).run(from: period.start, [tally])
        return tally.products()
    }

    private mutating func nameCorners(_ all: inout [Product]) {
        let views = all.map(\.views).filter { $0 > 0 }.sorted()
        let rates = all.compactMap(\.rate).sorted()
        guard !views.isEmpty, !rates.isEmpty else { return }
        let views50 = views[(views.count - 1) / 2]
        let rate50 = rates[(rates.count - 1) / 2]
        medianViews = views50
        medianRate = rate50
        for index in all.indices where all[index].views >= 5 {
            guard let rate = all[index].rate else { continue }
            if all[index].views >= 2 * views50, rate <= rate50 / 2 { all[index].corner = .seldomAdded }
            if all[index].views <= views50, rate50 > 0, rate >= 2 * rate50 { all[index].corner = .seldomSeen }
        }
    }
}

extension Sort {
    func order(_ products: inout [ProductsReport.Product]) {
        switch column {
        case "product", "name":
            let isFalling = isFalling
            let byName = column == "name"
            products.sort { a, b in
                let x = byName ? (a.name ?? "", a.product) : (a.product, "")
                let y = byName ? (b.name ?? "", b.product) : (b.product, "")
                return isFalling ? x > y : x < y
            }
        default:
            apply(&products, tie: \.product) { product in
                switch column {
                case "adds": Double(product.adds)
                case "rate": product.rate
                case "wishlists": Double(product.wishlists)
                case "orders": Double(product.orders)
                case "revenue": product.revenue.largest.map { Double($0.units) }
                default: Double(product.views)
                }
            }
        }
    }
}
