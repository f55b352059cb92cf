// Everybody who has been to the shop, and who comes next: somebody new, or somebody back. Those with wishes or a cart
// left behind come back rather than others. A value of bounded size; the same seed gives the same people.

package struct Crowd: Sendable {
    /// People beyond this many are forgotten, the longest known first.
    private static let most = 40_000
    private static let returningShare = 0.34

    package private(set) var made = 0
    private var people: [Shopper] = []
    private var oldest = 0
    package var chance: Chance

    package init(seed: UInt64) { chance = Chance(seed: seed) }

    /// The next visit, at `start` (milliseconds since 1970). Nobody comes of whom `isBusy` holds.
    package mutating func visit(at start: Int64, unless isBusy: (Shopper) -> Bool) -> Visit {
        if chance.happens(Crowd.returningShare), let index = somebodyBack(unless: isBusy) {
            return Visit(&people[index], at: start, &chance)
        }
        made += 1
        var shopper = Shopper(number: made, &chance)
        let visit = Visit(&shopper, at: start, &chance)
        if people.count < Crowd.most {
            people.append(shopper)
        } else {
            people[oldest] = shopper
            oldest = (oldest + 1) % Crowd.most
        }
        return visit
    }

    /// Rather people of late than of old; those with nothing on their mind are passed over at first.
    private mutating func somebodyBack(unless isBusy: (Shopper) -> Bool) -> Int? {
        guard !people.isEmpty else { return nil }
        var found: Int?
        for _ in 0..<3 {
            let draw = chance.unit()
            let age = Int(draw * draw * Double(people.count))
            let index = (oldest + people.count - 1 - min(age, people.count - 1)) % people.count
            if isBusy(people[index]) { continue }
            found = index
            if !people[index].wishes.isEmpty || !people[index].cart.isEmpty { break }
        }
        return found
    }
}
