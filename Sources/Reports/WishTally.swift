// Gathers wishes: a cell a wish, and when its product was put into the cart.
import Events
import Rollups

final class WishTally: Tally {
    struct Wish {
        let product: Int32
        let time: Int64
        /// ms; -1 for never.
        var movedAfter: Int64 = -1
    }

    let columns: SegmentColumns = [.products, .productNames, .lines]
    let end: Int64
    private let wishesEnd: Int64
    private var met = ProductsMet()
    /// Events, by product.
    private let added = Cells<Int>(0)
    /// By number of the visitor and product.
    let wishes = Cells(Wish(product: 0, time: 0))
    private let pairs = PairTable()
    private let hasWish = Cells(false)
    private var isWish: [Bool] = []
    private var isAdd: [Bool] = []
    private var at = 0

    init(_ period: Period, now: Int64) {
        wishesEnd = period.end
        end = max(period.end, min(period.end + WishlistReport.followMilliseconds, now + 1))
    }

    func begin(_ segment: Segment) {
        at = 0
        met.begin(segment)
        isWish = segment.kindNames.map { $0.activity == .addToWishlist }
        isAdd = segment.kindNames.map { $0.activity == .addToCart }
    }

    func expect(_ visitor: Int) { hasWish.expect(visitor) }

    func add(_ visit: Visit, of segment: Segment) {
        let visitor = visit.visitor
        for row in visit.rows {
            if isWish[Int(row.kind)], row.time < wishesEnd {
                segment.forEachLine(of: row, &at) { product, _, _ in
                    let place = met.placeOf[product]
                    added.at(place).pointee += 1
                    guard visitor >= 0, pairs.number(of: visitor, Int32(truncatingIfNeeded: place)).isNew else {
                        return
                    }
                    wishes.append(Wish(product: Int32(truncatingIfNeeded: place), time: row.time))
                    hasWish.at(Int(visitor)).pointee = true
                }
            } else if isAdd[Int(row.kind)], visitor >= 0, hasWish.at(Int(visitor)).pointee {
                segment.forEachLine(of: row, &at) { product, _, _ in
                    let place = Int32(truncatingIfNeeded: met.placeOf[product])
                    guard let number = pairs.number(ifMet: visitor, place) else { return }
                    let wish = wishes.at(number)
                    let after = row.time - wish.pointee.time
                    if wish.pointee.movedAfter < 0, after <= WishlistReport.followMilliseconds {
                        wish.pointee.movedAfter = after
                    }
                }
            }
        }
    }

    /// After the walk: by place, with names and events.
    var products: [WishlistReport.Product] {
        met.ids.indices.map { place in
            var product = WishlistReport.Product(met.ids[place])
            product.name = met.name(place)
            product.added = added.at(place).pointee
            return product
        }
    }
}
