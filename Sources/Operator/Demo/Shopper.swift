// A simulated person in a small shop: looks around, drops off between the steps as people do. Every event has its own
// messageId, so the demonstration is exactly-once like any sender that names its events.
import JSON
import Linux

struct Shopper {
    static let products: [(id: String, name: String, price: Int)] = [
        ("p-01", "Enamel mug", 14), ("p-02", "Wool blanket", 89), ("p-03", "Desk lamp", 59), ("p-04", "Notebook", 9),
        ("p-05", "Fountain pen", 45), ("p-06", "Linen towel", 19), ("p-07", "Oak tray", 39), ("p-08", "Tea pot", 49),
        ("p-09", "Candle", 12), ("p-10", "Backpack", 119), ("p-11", "Umbrella", 29), ("p-12", "Board game", 35),
    ]
    private static let words = ["mug", "lamp", "blanket", "gift", "tea", "wol blanket", "hammock"]

    let id: String
    private var product: Int
    private var step = 0
    private var events = 0

    init(number: Int) {
        id = "demo-\(Files.randomHex(bytes: 4))-\(number)"
        // Some products are looked at more often than others.
        product = min(Int.random(in: 0..<12), Int.random(in: 0..<12))
    }

    /// The next event, as one line of JSON; nil when the person leaves.
    mutating func next() -> [UInt8]? {
        guard step < 5 else { return nil }
        let name: String
        switch step {
        case 0 where Int.random(in: 0..<4) == 0:
            let query = Shopper.words.randomElement() ?? "mug"
            step = 1
            return event("Products Searched") { p in
                p.member("query", query)
                p.member("results", query.contains("wol") || query == "hammock" ? 0 : Int.random(in: 1...6))
            }
        case 0, 1:
            name = "Product Viewed"
            step = Int.random(in: 0..<100) < 45 ? 2 : Int.random(in: 0..<100) < 25 ? 6 : 5
            if step == 6 {
                step = 5
                return event("Product Added to Wishlist", properties)
            }
            if step == 5, Int.random(in: 0..<2) == 0 {
                step = 1
                product = Int.random(in: 0..<12)
            }
        case 2:
            name = "Product Added"
            step = Int.random(in: 0..<100) < 55 ? 3 : 5
        case 3:
            name = "Checkout Started"
            step = Int.random(in: 0..<100) < 70 ? 4 : 5
        default:
            step = 5
            let price = Shopper.products[product].price
            let order = "o-\(id)"
            return event("Order Completed") { p in
                p.member("order_id", order)
                p.member("revenue", price)
                p.member("currency", "EUR")
            }
        }
        return event(name, properties)
    }

    private var properties: (inout JSONWriter) -> Void {
        let product = Shopper.products[product]
        return { p in
            p.member("product_id", product.id)
            p.member("name", product.name)
            p.member("price", product.price)
            p.member("currency", "EUR")
        }
    }

    private mutating func event(_ name: String, _ properties: (inout JSONWriter) -> Void) -> [UInt8] {
        events += 1
        var writer = JSONWriter()
        writer.object { o in
            o.member("type", "track")
            o.member("event", name)
            o.member("messageId", "\(id)-\(events)")
            o.member("anonymousId", id)
            o.key("timestamp")
            o.integer(WallClock.nowMilliseconds)
            o.key("properties")
            o.object { properties(&$0) }
        }
        return writer.bytes
    }
}
