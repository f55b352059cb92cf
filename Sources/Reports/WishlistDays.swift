// Wishes by day in one walk: for each day what WishlistReport says of that day alone. A wish is a visitor, a product and
// a day; an addition to the cart moves every wish of the 90 days before it that has not moved yet.
import Events
import Mongo
import Rollups

public struct WishlistDays: Sendable, Equatable {
    public let day: Day
    public let product: String
    /// Events.
    public var added = 0
    public var moved = 0

    private struct Wish {
        let time: Int64
        let day: Int
        var hasMoved = false
    }

    /// Of [from, to], by day; a product's days without a wish are left out.
    public static func make(
        _ source: some SegmentSource, from: Day, to: Day, now: Int64
    ) throws(MongoError) -> [WishlistDays] {
        let period = Period(from: from, to: to)
        let walk = Walk(source, Filters())
        var products: [String] = []
        var places: [String: Int] = [:]
        var placeOf: [Int] = []
        var activityOf: [UInt8] = []
        var wishes: [UInt64: [Wish]] = [:]
        var counts: [Int: (added: Int, moved: Int)] = [:]
        var at = 0
        try walk.run(
            from: period.start,
            to: max(period.end, min(period.end + WishlistReport.followMilliseconds, now + 1)),
            columns: [.products, .lines]
        ) { segment in
            at = 0
            activityOf = segment.kindNames.map { $0.activity?.rawValue ?? .max }
            placeOf = segment.productIDs.map { id in
                if let place = places[id] { return place }
                places[id] = products.count
                products.append(id)
                return products.count - 1
            }
        } onRow: { segment, row in
            let activity = activityOf[Int(segment.kinds[row.row])]
            let isWish = activity == Activity.addToWishlist.rawValue && row.time < period.end
            guard isWish || activity == Activity.addToCart.rawValue else { return }
            let visitor = UInt64(UInt32(bitPattern: row.visitor)) << 32
            for line in segment.lines(of: row.row, &at) {
                let place = placeOf[Int(line.product)]
                let key = visitor | UInt64(place)
                if isWish {
                    let day = period.dayIndex(of: row.time)
                    counts[place * period.dayCount + day, default: (0, 0)].added += 1
                    // Only the first of a day is a wish; days come in their order.
                    if row.visitor >= 0, wishes[key]?.last?.day != day {
                        wishes[key, default: []].append(Wish(time: row.time, day: day))
                    }
                } else if row.visitor >= 0, var own = wishes[key] {
                    for index in own.indices
                    where !own[index].hasMoved && row.time - own[index].time <= WishlistReport.followMilliseconds {
                        own[index].hasMoved = true
                        counts[place * period.dayCount + own[index].day]?.moved += 1
                    }
                    wishes[key] = own
                }
            }
        }
        return counts.map { place, count in
            WishlistDays(
                day: period.day(place % period.dayCount), product: products[place / period.dayCount],
                added: count.added, moved: count.moved)
        }
    }

    init(day: Day, product: String, added: Int, moved: Int) {
        self.day = day
        self.product = product
        self.added = added
        self.moved = moved
    }
}
