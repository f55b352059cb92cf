// Random histories of a small shop over a few days: few visitors, few products, and times that meet often, so that ties,
// repeats, users who sign in half-way and robots all happen. Seeded: a failure names its seed.
import Events
import Rollups

struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

enum RandomHistory {
    /// 2026-03-27T00:00Z: the week in which Berlin's clocks go forward.
    static let start: Int64 = 1_774_569_600_000
    static let days = 5

    static func facts(_ seed: Int, count: Int = 400) -> [Fact] {
        var random = Seeded(seed)
        return (0..<count).map { _ in fact(&random) }
    }

    private static func fact(_ random: inout Seeded) -> Fact {
        // A coarse grid makes ties; the fine part makes windows end between events.
        var time = start + Int64.random(in: 0..<Int64(days) * 48, using: &random) * 1_800_000
        if random.chance(40) { time += Int64.random(in: 0..<1_800_000, using: &random) }
        let kinds: [FactKind] =
            Activity.allCases.map { FactKind(activity: $0, type: "track", event: $0.eventNames[0].description) } + [
                FactKind(activity: .viewProduct, type: "track", event: "view_item"),
                FactKind(activity: nil, type: "page", event: nil),
                FactKind(activity: nil, type: "track", event: "Newsletter, joined"),
            ]
        let person = Int.random(in: 0..<9, using: &random)
        var fact = Fact(time: time, visitor: nil, kind: random.pick(kinds))
        switch Int.random(in: 0..<10, using: &random) {
        case 0: break
        case 1:
            fact.visitor = "u:\(person % 4)"
            fact.context.isSignedIn = true
        case 2, 3:
            fact.visitor = "a:\(person)"
            fact.user = "\(person % 4)"
            fact.context.isSignedIn = true
        default: fact.visitor = "a:\(person)"
        }
        fact.context.device = random.pick([nil, "phone", "desktop", "tablet"])
        fact.context.referrer = random.pick([nil, nil, "google.com", "news.example"])
        fact.context.campaign = random.pick([nil, nil, nil, "spring", "=cmd()"])
        fact.context.isRobot = random.chance(4)
        details(&fact, &random)
        return fact
    }

    private static func details(_ fact: inout Fact, _ random: inout Seeded) {
        let products = ["p1", "p2", "p3", "<b>"]
        switch fact.kind.activity {
        case .search:
            fact.search = FactSearch(
                term: random.pick(["mug", "lamp", ""]), hasResults: random.pick([nil, true, false]))
        case .order:
            fact.order = FactOrder(
                id: "o\(Int.random(in: 0..<12, using: &random))", currency: random.pick(["EUR", "USD", nil]),
                revenue: random.chance(80) ? Money(units: Int64.random(in: 1..<500_000, using: &random)) : nil)
            for product in products where random.chance(30) {
                fact.lines.append(
                    FactLine(
                        product: product,
                        amount: random.chance(70) ? Money(Double(Int.random(in: 1..<90, using: &random)) / 4) : nil))
            }
        case .proceedToCheckout where random.chance(50):
            fact.lines = [FactLine(product: "p1"), FactLine(product: "p3")]
        case .viewProduct, .addToCart, .addToWishlist, .removeFromCart:
            if random.chance(90) {
                fact.lines = [FactLine(product: random.pick(products), name: random.pick([nil, "A", "B"]))]
            }
        default: break
        }
    }
}
