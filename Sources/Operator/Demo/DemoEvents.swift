// A step of a visit as one line of JSON, in the words of Segment's e-commerce events. Each has its own messageId, made
// of the run's name, the person and the place in their visits, so the demonstration is exactly-once like any sender
// that names its events.
import Events
import JSON

package struct DemoEvents: Sendable {
    /// In front of every anonymousId.
    package static let prefix = "demo-"
    private let run: String

    /// `run`: a name no other run has.
    package init(run: String) { self.run = run }

    /// The line, without LF; `timestamp` is milliseconds since 1970.
    package func line(_ visit: Visit, step index: Int, timestamp: Int64) -> [UInt8] {
        let step = visit.steps[index]
        let person = "\(DemoEvents.prefix)\(run)-\(visit.shopper)"
        var writer = JSONWriter()
        writer.object { o in
            let (type, name) = step.action.typeAndName
            o.member("type", type)
            if let name { o.member(type == "track" ? "event" : "name", name) }
            o.member("messageId", "\(person)-\(visit.number)-\(index)")
            o.member("anonymousId", person)
            if step.isSignedIn { o.member("userId", "customer-\(run)-\(visit.shopper)") }
            o.key("timestamp")
            o.string(utf8: EventTime.text(timestamp))
            o.key(type == "identify" ? "traits" : "properties")
            o.object { step.action.writeProperties(&$0, order: "\(person)-o\(visit.number)") }
            o.key("context")
            o.object { c in
                c.key("page")
                c.object { page in
                    page.member("path", step.action.path)
                    page.raw(DemoEvents.referrers[visit.origin])
                }
                c.raw(DemoEvents.contexts[visit.origin * Device.all.count + visit.device])
            }
        }
        return writer.bytes
    }
}

// What is the same in many events, as members of JSON made once.
extension DemoEvents {
    private static func members(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        return Array(writer.bytes.dropFirst().dropLast())
    }

    private static let referrers = Origin.all.map { origin in members { $0.member("referrer", origin.referrer) } }

    /// By origin, then by device.
    private static let contexts = Origin.all.flatMap { origin in
        Device.all.map { device in
            members { c in
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
    fileprivate var typeAndName: (type: String, name: String?) {
        switch self {
        case .land: ("page", "Home")
        case .search: ("track", "Products Searched")
        case .view: ("track", "Product Viewed")
        case .wish: ("track", "Product Added to Wishlist")
        case .add: ("track", "Product Added")
        case .remove: ("track", "Product Removed")
        case .checkOut: ("track", "Checkout Started")
        case .signIn: ("identify", nil)
        case .order: ("track", "Order Completed")
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
