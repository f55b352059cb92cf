// What reports know of an event: its document reduced to time, visitor, kind, where it came from, products, order,
// search. Pure values. Fields are defined in docs/reports-api.md.
import Events

/// What happened: kept apart by all three, so that a step can ask for an activity or for an event's name.
public struct FactKind: Hashable, Sendable {
    public var activity: Activity?
    public var type: String
    public var event: String?

    public init(activity: Activity?, type: String, event: String?) {
        self.activity = activity
        self.type = type
        self.event = event
    }
}

/// What an event says of its surroundings; nil where it says nothing.
public struct FactContext: Hashable, Sendable {
    public var device: String?
    public var referrer: String?
    public var campaign: String?
    public var isSignedIn = false
    public var isRobot = false

    public init(device: String? = nil, referrer: String? = nil, campaign: String? = nil) {
        self.device = device
        self.referrer = referrer
        self.campaign = campaign
    }
}

/// A product an event names.
public struct FactLine: Hashable, Sendable {
    public var product: String
    public var name: String?
    /// price × quantity, of orders.
    public var amount: Money?

    public init(product: String, name: String? = nil, amount: Money? = nil) {
        self.product = product
        self.name = name
        self.amount = amount
    }
}

public struct FactOrder: Hashable, Sendable {
    /// `order_id`, else the messageId.
    public var id: String
    public var currency: String?
    public var revenue: Money?

    public init(id: String, currency: String? = nil, revenue: Money? = nil) {
        self.id = id
        self.currency = currency
        self.revenue = revenue
    }
}

public struct FactSearch: Hashable, Sendable {
    /// Trimmed, in lower case.
    public var term: String
    /// nil: the event does not say.
    public var hasResults: Bool?

    public init(term: String, hasResults: Bool? = nil) {
        self.term = term
        self.hasResults = hasResults
    }
}

public struct Fact: Hashable, Sendable {
    /// Event time, ms since 1970.
    public var time: Int64
    /// `a:…`, `u:…`, or nil for an event of nobody.
    public var visitor: String?
    public var kind: FactKind
    public var context = FactContext()
    /// In the order of the event; no product twice.
    public var lines: [FactLine] = []
    public var order: FactOrder?
    public var search: FactSearch?
    /// The user id of an event that has an anonymous id too: whom a `u:` is counted as.
    public var user: String?

    public init(time: Int64, visitor: String?, kind: FactKind) {
        self.time = time
        self.visitor = visitor
        self.kind = kind
    }
}

/// An amount in ten-thousandths of a currency's unit: sums are exact in whatever order they are made.
public struct Money: Hashable, Sendable, Comparable {
    public static let scale: Int64 = 10_000
    /// Beyond this an amount is none: a million of them still fit 64 bits.
    private static let most = 9e8 * 10_000

    public var units: Int64

    public init(units: Int64) { self.units = units }

    /// nil for what is no number or too large.
    public init?(_ value: Double) {
        let scaled = (value * Double(Money.scale)).rounded()
        guard scaled.magnitude <= Money.most else { return nil }
        units = Int64(scaled)
    }

    public static func < (a: Money, b: Money) -> Bool { a.units < b.units }
    public static func += (a: inout Money, b: Money) { a.units = a.units &+ b.units }

    /// "12.5": exact, without zeros at the end.
    public var text: String {
        let whole = units.magnitude / UInt64(Money.scale)
        var digits = String(units.magnitude % UInt64(Money.scale))
        digits = String(repeating: "0", count: 4 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return (units < 0 ? "-" : "") + String(whole) + (digits.isEmpty ? "" : "." + digits)
    }
}
