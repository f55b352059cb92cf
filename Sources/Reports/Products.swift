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
        var all = try ProductCounter.count(source, period, filters)
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
        var all = try ProductCounter.count(source, period, filters)
        report.total = all.count
        report.nameCorners(&all)
        let found = Dictionary(all.map { ($0.product, $0) }, uniquingKeysWith: { first, _ in first })
        report.products = products.map { product in
            found[product.product] ?? Product(product.product)
        }
        return report
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

/// Counts what happened to each product.
enum ProductCounter {
    static func count(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters
    ) throws(MongoError) -> [ProductsReport.Product] {
        let walk = Walk(source, filters)
        var products: [ProductsReport.Product] = []
        var names: [(name: String, time: Int64)] = []
        var places: [String: Int] = [:]
        var placeOf: [Int] = []
        var activityOf: [UInt8] = []
        var orders: [VisitorID: OrderLines] = [:]
        var lineAt = 0
        var orderAt = 0
        try walk.run(
            from: period.start, to: period.end, columns: [.products, .productNames, .lines, .orders]
        ) { segment in
            lineAt = 0
            orderAt = 0
            activityOf = segment.kindNames.map { $0.activity?.rawValue ?? .max }
            placeOf = segment.productIDs.indices.map { index in
                let id = segment.productIDs[index]
                let place = places[id] ?? products.count
                if place == products.count {
                    places[id] = place
                    products.append(.init(id))
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
            guard let activity = Activity(rawValue: activityOf[Int(segment.kinds[row.row])]) else { return }
            if activity == .order {
                let lines = segment.lines(of: row.row, &lineAt)
                guard let order = segment.order(of: row.row, &orderAt) else { return }
                let kept = OrderLines(
                    time: row.time, currency: order.currency == 0 ? nil : segment.currencies[Int(order.currency) - 1],
                    lines: lines.map {
                        (placeOf[Int($0.product)], $0.amount ?? (lines.count == 1 ? order.revenue : nil))
                    })
                if orders[order.id].map({ kept.comesBefore($0) }) ?? true { orders[order.id] = kept }
                return
            }
            for line in segment.lines(of: row.row, &lineAt) {
                let place = placeOf[Int(line.product)]
                switch activity {
                case .viewProduct: products[place].views += 1
                case .addToCart: products[place].adds += 1
                case .removeFromCart: products[place].removes += 1
                case .addToWishlist: products[place].wishlists += 1
                default: break
                }
            }
        }
        for order in orders.values {
            for (place, amount) in order.lines {
                products[place].orders += 1
                if let amount { products[place].revenue.add(amount, order.currency) }
            }
        }
        for (place, said) in names.enumerated() where !said.name.isEmpty { products[place].name = said.name }
        // Names come with every segment: what only an event outside the period named is not in the report.
        return products.filter {
            $0.views + $0.adds + $0.removes + $0.wishlists + $0.orders > 0
        }
    }
}

/// An order's products: an order counts once, at its first event.
private struct OrderLines {
    let time: Int64
    let currency: String?
    let lines: [(place: Int, amount: Money?)]

    private var sum: Int64 { lines.reduce(0) { $0 &+ ($1.amount?.units ?? 0) } }

    func comesBefore(_ other: OrderLines) -> Bool {
        if time != other.time { return time < other.time }
        if sum != other.sum { return sum > other.sum }
        return lines.count != other.lines.count
            ? lines.count > other.lines.count : (currency ?? "") < (other.currency ?? "")
    }
}
