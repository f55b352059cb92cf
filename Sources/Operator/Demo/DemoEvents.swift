// A step of a visit as one line of JSON, in the words of Segment's e-commerce events. Each has its own messageId, made
// of the run's name, the person and the place in their visits, so the demonstration is exactly-once like any sender
// that names its events.
import Events
import JSON

package struct DemoEvents: Sendable {
    /// In front of every anonymousId.
    package static let prefix = "demo-"
    private let run: String
    /// What stands in front of a person's number, in the anonymousId and in the userId.
    private let person: [UInt8]
    private let customer: [UInt8]

    /// `run`: a name no other run has, of letters and digits.
    package init(run: String) {
        self.run = run
        person = Array("\(DemoEvents.prefix)\(run)-".utf8)
        customer = Array("customer-\(run)-".utf8)
    }

    /// The line, without LF; `timestamp` is milliseconds since 1970. Put together by hand, since benchmarks want millions:
    /// nothing here needs an escape but what `JSONWriter` has escaped once.
    package func line(_ visit: Visit, step index: Int, timestamp: Int64) -> [UInt8] {
        let step = visit.steps[index]
        let kind = step.action.kind
        let number = String(visit.shopper)
        var line: [UInt8] = []
        line.reserveCapacity(768)
        line.append(contentsOf: "{\"type\":\"".utf8)
        line.append(contentsOf: kind.type.utf8)
        if let (key, name) = kind.name {
            line.append(contentsOf: key.utf8)
            line.append(contentsOf: name.utf8)
        }
        line.append(contentsOf: "\",\"messageId\":\"".utf8)
        line.append(contentsOf: person)
        line.append(contentsOf: number.utf8)
        line.append(UInt8(ascii: "-"))
        line.append(contentsOf: String(visit.number).utf8)
        line.append(UInt8(ascii: "-"))
        line.append(contentsOf: String(index).utf8)
        line.append(contentsOf: "\",\"anonymousId\":\"".utf8)
        line.append(contentsOf: person)
        line.append(contentsOf: number.utf8)
        if step.isSignedIn {
            line.append(contentsOf: "\",\"userId\":\"".utf8)
            line.append(contentsOf: customer)
            line.append(contentsOf: number.utf8)
        }
        line.append(contentsOf: "\",\"timestamp\":\"".utf8)
        line.append(contentsOf: EventTime.text(timestamp))
        line.append(contentsOf: (kind.name == nil ? "\",\"traits\":{" : "\",\"properties\":{").utf8)
        if case .view(let product) = step.action {
            line.append(contentsOf: DemoEvents.products[product])
        } else {
            line.append(contentsOf: DemoEvents.members { step.action.writeProperties(&$0, order: order(of: visit)) })
        }
        line.append(contentsOf: "},\"context\":{\"page\":{\"path\":\"".utf8)
        line.append(contentsOf: step.action.path.utf8)
        line.append(contentsOf: DemoEvents.contexts[visit.origin * Device.all.count + visit.device])
        return line
    }

    private func order(of visit: Visit) -> String { "\(DemoEvents.prefix)\(run)-\(visit.shopper)-o\(visit.number)" }
}

// What is the same in many events, as members of JSON made once.
extension DemoEvents {
    private static func members(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        return Array(writer.bytes.dropFirst().dropLast())
    }

    /// From behind the page's path to the end of the line; by origin, then by device.
    private static let contexts: [[UInt8]] = Origin.all.flatMap { origin in
        Device.all.map { device in
            let referrer = members { $0.member("referrer", origin.referrer) }
            let rest = members { c in
                if let campaign = origin.campaign {
                    c.key("campaign")
                    c.object {
                        $0.member("name", campaign.name)
                        $0.member("source", campaign.source)
                        $0.member("medium", campaign.medium)
                    }
                }
                c.member("userAgent", device.userAgent)
                c.key("device")
                c.object { $0.member("type", device.type) }
            }
            return Array("\",".utf8) + referrer + Array("},".utf8) + rest + Array("}}".utf8)
        }
    }

    fileprivate static let products = Catalogue.products.map { product in
        members { p in
            p.member("product_id", product.id)
            p.member("name", product.name)
            p.member("category", product.category)
            p.money("price", product.price)
            p.member("currency", Catalogue.currency)
        }
    }
}

extension Action {
    /// The event's `type`, and what leads from there to its name; nil where it has none.
    fileprivate var kind: (type: String, name: (key: String, name: String)?) {
        func track(_ name: String) -> (String, (String, String)?) { ("track", ("\",\"event\":\"", name)) }
        return switch self {
        case .land: ("page", ("\",\"name\":\"", "Home"))
        case .search: track("Products Searched")
        case .view: track("Product Viewed")
        case .wish: track("Product Added to Wishlist")
        case .add: track("Product Added")
        case .remove: track("Product Removed")
        case .checkOut: track("Checkout Started")
        case .signIn: ("identify", nil)
        case .order: track("Order Completed")
        }
    }

    fileprivate var path: String {
        switch self {
        case .land, .search: "/shop/"
        case .view(let product), .wish(let product), .add(let product, _):
            "/shop/p/" + Catalogue.products[product].id
        case .remove: "/shop/cart"
        case .checkOut, .signIn, .order: "/shop/checkout"
        }
    }

    /// The members of `properties` (of `traits` for signing in). `order`: this visit's order_id.
    fileprivate func writeProperties(_ p: inout JSONWriter, order: String) {
        switch self {
        case .land:
            p.member("path", path)
            p.member("title", "Home")
        case .search(let query):
            p.member("query", Catalogue.queries[query].text)
            p.member("results", Catalogue.results(ofQuery: query).count)
        case .view(let product): p.product(product)
        case .wish(let product):
            p.member("wishlist_name", "Wishlist")
            p.product(product)
        case .add(let product, let quantity), .remove(let product, let quantity):
            p.product(product, quantity: quantity)
        case .checkOut(let cart):
            p.member("order_id", order)
            p.money("value", cart.cents)
            p.member("currency", Catalogue.currency)
            p.products(cart)
        case .signIn: p.member("plan", "customer")
        case .order(let bought):
            p.member("order_id", order)
            p.money("revenue", bought.revenue)
            p.money("discount", bought.discount)
            p.money("shipping", bought.shipping)
            p.money("total", bought.total)
            p.member("currency", Catalogue.currency)
            if let coupon = bought.coupon { p.member("coupon", coupon) }
            p.products(bought.cart)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func product(_ index: Int, quantity: Int? = nil) {
        raw(DemoEvents.products[index])
        if let quantity { member("quantity", quantity) }
    }

    fileprivate mutating func products(_ cart: Cart) {
        key("products")
        array { list in
            for line in cart.lines { list.object { $0.product(line.product, quantity: line.quantity) } }
        }
    }

    /// Cents as a decimal number: 1490 is 14.90.
    fileprivate mutating func money(_ name: String, _ cents: Int) {
        key(name)
        raw("\(cents / 100).\(cents % 100 / 10)\(cents % 10)".utf8)
    }
}
