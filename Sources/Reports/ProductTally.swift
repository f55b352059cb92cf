// Counts what happened to each product: four cells a product, an entry an order.
import Events
import Rollups

final class ProductTally: Tally {
    let columns: SegmentColumns = [.products, .productNames, .lines, .orders]
    let end: Int64
    private var met = ProductsMet()
    /// Views, adds, removes and wishes of each product.
    private let counts = Cells<Int>(0)
    private let orderNumbers = IDTable()
    private var orders: [OrderLines] = []
    /// Beside each kind: which of a product's four cells, `order`, or `other`.
    private var cellOf: [Int] = []
    private var lineAt = 0
    private var orderAt = 0
    private static let (order, other) = (4, 5)

    init(_ period: Period) { end = period.end }

    func begin(_ segment: Segment) {
        (lineAt, orderAt) = (0, 0)
        met.begin(segment)
        _ = counts.at(4 * met.ids.count)
        cellOf = segment.kindNames.map { kind in
            switch kind.activity {
            case .viewProduct: 0
            case .addToCart: 1
            case .removeFromCart: 2
            case .addToWishlist: 3
            case .order: ProductTally.order
            default: ProductTally.other
            }
        }
    }

    func add(_ visit: Visit, of segment: Segment) {
        for row in visit.rows {
            let cell = cellOf[Int(row.kind)]
            if cell == ProductTally.other { continue }
            if cell == ProductTally.order {
                addOrder(row, segment)
                continue
            }
            segment.forEachLine(of: row, &lineAt) { product, _, _ in
                counts.at(4 &* met.placeOf[product] &+ cell).pointee &+= 1
            }
        }
    }

    private func addOrder(_ row: Row, _ segment: Segment) {
        var lines: [(place: Int, amount: Money?)] = []
        guard let order = segment.order(of: row, &orderAt) else { return }
        segment.forEachLine(of: row, &lineAt) { product, amount, count in
            lines.append((met.placeOf[product], amount ?? (count == 1 ? order.revenue : nil)))
        }
        let kept = OrderLines(
            time: row.time, currency: order.currency == 0 ? nil : segment.currencies[Int(order.currency) - 1],
            lines: lines)
        let number = orderNumbers.number(of: order.id)
        if number == orders.count {
            orders.append(kept)
        } else if kept.comesBefore(orders[number]) {
            orders[number] = kept
        }
    }

    /// After the walk.
    func products() -> [ProductsReport.Product] {
        var products = met.ids.indices.map { place in
            var product = ProductsReport.Product(met.ids[place])
            product.name = met.name(place)
            product.views = counts.cells[4 * place]
            product.adds = counts.cells[4 * place + 1]
            product.removes = counts.cells[4 * place + 2]
            product.wishlists = counts.cells[4 * place + 3]
            return product
        }
        for order in orders {
            for (place, amount) in order.lines {
                products[place].orders += 1
                if let amount { products[place].revenue.add(amount, order.currency) }
            }
        }
        // Names come with every segment: what only an event outside the period named is not in the report.
        return products.filter { $0.views + $0.adds + $0.removes + $0.wishlists + $0.orders > 0 }
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
