// One visit to the shop, planned whole: what a person does and when. Pure: the same person, moment and chance give the
// same visit. Nobody checks out an empty cart, removes what is not in it, or finds what a search did not.

package enum Action: Sendable {
    /// The page a visit starts at.
    case land
    case search(query: Int)
    case view(Int)
    case wish(Int)
    case add(Int, quantity: Int)
    case remove(Int, quantity: Int)
    case checkOut(Cart)
    case signIn
    case order(Order)
}

package struct Step: Sendable {
    /// Milliseconds since 1970; rises within a visit.
    package let at: Int64
    package let action: Action
    /// Whether the person's user id is known from here on.
    package let isSignedIn: Bool
}

package struct Visit: Sendable {
    package let shopper: Int
    package let device: Int
    package let origin: Int
    /// From 1, of this person.
    package let number: Int
    package private(set) var steps: [Step] = []

    private var now: Int64
    /// Chances are multiplied by it: the person's, the device's, the origin's.
    private var readiness: Double

    /// Lets `shopper` visit at `start`; what it leaves behind is in `shopper`.
    package init(_ shopper: inout Shopper, at start: Int64, _ chance: inout Chance) {
        shopper.visits += 1
        let isNew = shopper.visits == 1
        self.shopper = shopper.number
        device = shopper.device
        origin = (isNew ? Origin.newWeights : Origin.returningWeights).pick(&chance)
        number = shopper.visits
        now = start
        readiness =
            shopper.keenness * Device.all[device].ease * Origin.all[origin].intent * (isNew ? 1 : 1.35)
        if !isNew, shopper.isSignedIn { shopper.isSignedIn = chance.happens(0.85) }
        does(.land, shopper)
        shopper.lastDay = Int(now / Rhythm.dayMilliseconds)
        let hasCause = !shopper.cart.isEmpty || !shopper.wishes.isEmpty
        if chance.happens(hasCause ? 0.15 : 0.4 / max(readiness, 0.6)) { return }
        pickUpWishes(&shopper, &chance)
        browse(&shopper, &chance)
        tidy(&shopper, &chance)
        checkOut(&shopper, &chance)
        shopper.lastDay = Int(now / Rhythm.dayMilliseconds)
    }

    private mutating func does(_ action: Action, _ shopper: Shopper) {
        steps.append(Step(at: now, action: action, isSignedIn: shopper.isSignedIn))
    }

    /// Somebody who comes back may have decided.
    private mutating func pickUpWishes(_ shopper: inout Shopper, _ chance: inout Chance) {
        for product in shopper.wishes where chance.happens(min(0.45 * readiness, 0.75)) {
            now += chance.pause(meanSeconds: 20)
            does(.view(product), shopper)
            add(product, &shopper, &chance)
        }
    }

    private mutating func browse(_ shopper: inout Shopper, _ chance: inout Chance) {
        if chance.happens(0.07), shopper.hasAccount, !shopper.isSignedIn { signIn(&shopper, &chance) }
        for _ in 0...chance.times(0.62, most: 14) {
            var choice = Catalogue.popularity.pick(&chance)
            if chance.happens(0.24) {
                let query = Catalogue.queryWeights.pick(&chance)
                now += chance.pause(meanSeconds: 15)
                does(.search(query: query), shopper)
                let found = Catalogue.results(ofQuery: query)
                if found.isEmpty {
                    if chance.happens(0.5) { return }
                    continue
                }
                if chance.happens(0.2) { continue }
                choice = found[chance.below(found.count)]
            }
            look(at: choice, &shopper, &chance)
        }
    }

    private mutating func look(at product: Int, _ shopper: inout Shopper, _ chance: inout Chance) {
        now += chance.pause(meanSeconds: 25)
        does(.view(product), shopper)
        let appeal = Catalogue.products[product].appeal
        if chance.happens(min(0.1 * appeal * readiness, 0.7)) {
            add(product, &shopper, &chance)
        } else if !shopper.wishes.contains(product), chance.happens(min(0.07 * readiness, 0.3)) {
            now += chance.pause(meanSeconds: 12)
            does(.wish(product), shopper)
            shopper.wishes.append(product)
        }
    }

    private mutating func add(_ product: Int, _ shopper: inout Shopper, _ chance: inout Chance) {
        now += chance.pause(meanSeconds: 20)
        let isSmall = Catalogue.products[product].price < 3000
        let quantity = 1 + (isSmall ? chance.times(0.3, most: 5) : chance.times(0.03, most: 2))
        shopper.cart.add(product, quantity)
        shopper.wishes.removeAll { $0 == product }
        does(.add(product, quantity: quantity), shopper)
    }

    /// Looking through the cart, some things go out again.
    private mutating func tidy(_ shopper: inout Shopper, _ chance: inout Chance) {
        for line in shopper.cart.lines where chance.happens(0.11) {
            guard let removed = shopper.cart.remove(line.product) else { continue }
            now += chance.pause(meanSeconds: 15)
            does(.remove(removed.product, quantity: removed.quantity), shopper)
        }
    }

    private mutating func checkOut(_ shopper: inout Shopper, _ chance: inout Chance) {
        guard !shopper.cart.isEmpty, chance.happens(min(0.3 + 0.1 * readiness, 0.7)) else { return }
        now += chance.pause(meanSeconds: 30)
        does(.checkOut(shopper.cart), shopper)
        if !shopper.isSignedIn, chance.happens(shopper.hasAccount ? 0.85 : 0.3) { signIn(&shopper, &chance) }
        guard chance.happens(min(0.42 + 0.08 * readiness, 0.75)) else { return }
        now += chance.pause(meanSeconds: 90)
        let isLetter = Origin.all[origin].campaign?.medium == "email"
        does(.order(Order(cart: shopper.cart, coupon: isLetter && chance.happens(0.6) ? "LETTER10" : nil)), shopper)
        shopper.cart = Cart()
    }

    private mutating func signIn(_ shopper: inout Shopper, _ chance: inout Chance) {
        now += chance.pause(meanSeconds: 25)
        shopper.hasAccount = true
        shopper.isSignedIn = true
        does(.signIn, shopper)
    }
}
