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

    /// Of [from, to], by day; a product's days without a wish are left out.
    public static func make(
        _ source: some SegmentSource, from: Day, to: Day, now: Int64
    ) throws(MongoError) -> [WishlistDays] {
        let tally = WishDayTally(Period(from: from, to: to), now: now)
        try Walk(source, Filters()).run(from: tally.period.start, [tally])
        return tally.days()
    }

    init(day: Day, product: String, added: Int, moved: Int) {
        self.day = day
        self.product = product
        self.added = added
        self.moved = moved
    }
}

private final class WishDayTally: Tally {
    private struct Wish {
        let time: Int64
        let day: Int
        var hasMoved = false
    }

    let columns: SegmentColumns = [.products, .lines]
    let end: Int64
    let period: Period
    private var met = ProductsMet()
    private let pairs = PairTable()
    /// By number of the visitor and product.
    private var wishes: [[Wish]] = []
    /// By product and day.
    private var counts: [Int: (added: Int, moved: Int)] = [:]
    private var activityOf: [Activity?] = []
    private var at = 0

    init(_ period: Period, now: Int64) {
        self.period = period
        end = max(period.end, min(period.end + WishlistReport.followMilliseconds, now + 1))
    }

    func begin(_ segment: Segment) {
        at = 0
        met.begin(segment)
        activityOf = segment.kindNames.map(\.activity)
    }

    func add(_ visit: Visit, of segment: Segment) {
        for row in visit.rows {
            let activity = activityOf[Int(row.kind)]
            if activity == .addToWishlist, row.time < period.end {
                let day = period.dayIndex(of: row.time)
                segment.forEachLine(of: row, &at) { product, _, _ in
                    wish(visit.visitor, met.placeOf[product], row.time, day)
                }
            } else if activity == .addToCart, visit.visitor >= 0 {
                segment.forEachLine(of: row, &at) { product, _, _ in
                    move(visit.visitor, met.placeOf[product], row.time)
                }
            }
        }
    }

    private func wish(_ visitor: Int32, _ place: Int, _ time: Int64, _ day: Int) {
        counts[place * period.dayCount + day, default: (0, 0)].added += 1
        guard visitor >= 0 else { return }
        let (number, isNew) = pairs.number(of: visitor, Int32(truncatingIfNeeded: place))
        if isNew { wishes.append([]) }
        // Only the first of a day is a wish; days come in their order.
        if wishes[number].last?.day != day { wishes[number].append(Wish(time: time, day: day)) }
    }

    private func move(_ visitor: Int32, _ place: Int, _ time: Int64) {
        guard let number = pairs.number(ifMet: visitor, Int32(truncatingIfNeeded: place)) else { return }
        for index in wishes[number].indices
        where !wishes[number][index].hasMoved && time - wishes[number][index].time <= WishlistReport.followMilliseconds
        {
            wishes[number][index].hasMoved = true
            counts[place * period.dayCount + wishes[number][index].day]?.moved += 1
        }
    }

    func days() -> [WishlistDays] {
        counts.map { place, count in
            WishlistDays(
                day: period.day(place % period.dayCount), product: met.ids[place / period.dayCount],
                added: count.added, moved: count.moved)
        }
    }
}
