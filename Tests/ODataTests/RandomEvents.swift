// Random events as the consumer writes them, and their rows as a plain reading of the documents has them.
import Mongo
import OData
import Reports
import Rollups

enum RandomEvents {
    /// 2026-03-27T00:00Z: the week in which Berlin's clocks go forward.
    static let start: Int64 = 1_774_569_600_000

    static func document(_ number: Int, _ random: inout Seeded) -> BSONDocument {
        // Few instants: ties are the rule.
        let time = start + Int64.random(in: 0..<40, using: &random) * 10_800_000
        let kinds: [(event: BSONValue?, activity: BSONValue)] = [
            ("Product Viewed", "view_product"), ("Product Added", "add_to_cart"), ("Products Searched", "search"),
            ("Product Added to Wishlist", "add_to_wishlist"), ("Order Completed", "order"), (nil, .null),
            ("Checkout Started", "proceed_to_checkout"),
        ]
        let kind = random.pick(kinds)
        var document: BSONDocument = [
            "_id": .string("\(random.pick(["m", "é'", "a/b ", "\u{1F600}"]))\(number)"), "type": "track",
            "ts": .date(time), "receivedAt": .date(time + Int64.random(in: 0..<3, using: &random) * 1000),
            "activity": kind.activity, "host": "h1", "hash": .int64(1),
        ]
        if let event = kind.event { document.append("event", event) }
        let person = Int.random(in: 0..<6, using: &random)
        if random.chance(80) {
            document.append("visitor", .string("a:\(person)"))
            document.append("anonymousId", .string("\(person)"))
            if random.chance(20) { document.append("userId", .string("u\(person % 3)")) }
        } else if random.chance(50) {
            document.append("visitor", .string("u:u\(person % 3)"))
            document.append("userId", .string("u\(person % 3)"))
        }
        var properties: [(String, BSONValue)] = []
        let products: [BSONValue] = ["p1", "p2", "é", "", 7, .double(8), .double(8.5), .null, ["x": 1]]
        if random.chance(60) {
            properties.append((random.pick(["product_id", "sku", "item_id"]), random.pick(products)))
        } else if random.chance(60) {
            let items = (0..<3).map { _ -> BSONValue in ["product_id": random.pick(products), "price": 2.5] }
            properties.append((random.pick(["products", "items"]), .array(items + ["none"])))
        }
        let numbers: [BSONValue] = [12, 12.5, "9.25", "abc", "", .null, -3, .double(1e12), .bool(true), "1e2"]
        for name in ["price", "quantity", "revenue", "total", "value"] where random.chance(45) {
            properties.append((name, random.pick(numbers)))
        }
        properties.append(("currency", random.pick(["EUR", "USD", .null])))
        if random.chance(40) { properties.append(("query", random.pick(["mug", "Red Mug", "", 5, "100% é'"]))) }
        if random.chance(40) { properties.append(("search_term", random.pick(["lamp", "mug"]))) }
        if random.chance(30) { properties.append(("order_id", .string("o\(number % 7)"))) }
        document.append("properties", .document(BSONDocument(properties)))
        var context: [(String, BSONValue)] = []
        if random.chance(30) {
            context.append(("device", ["type": random.pick(["Mobile", "ios", "TV", "tablet", "pc", ""])]))
        }
        let agents: [BSONValue] = [
            "Mozilla/5.0 (iPhone; CPU)", "Mozilla/5.0 (Linux; Android 14; Mobile)", "Mozilla (Linux; Android 14)",
            "iPad Mobi",
            "Mozilla/5.0 (X11)", "", 5,
        ]
        if random.chance(60) { context.append(("userAgent", random.pick(agents))) }
        let addresses: [BSONValue] = [
            "https://WWW.Google.com/search?q=a@b", "https://shop.example:8443/x", "news.example", "",
            "https://u:p@mail.example/",
            "?", "http://[::1]/", 4,
        ]
        if random.chance(60) {
            context.append(("page", ["referrer": random.pick(addresses), "url": random.pick(addresses)]))
        }
        if random.chance(20) { context.append(("referrer", ["url": random.pick(addresses)])) }
        if random.chance(40) { context.append(("campaign", ["name": random.pick(["spring", "=cmd()", 5, .null])])) }
        document.append("context", .document(BSONDocument(context)))
        return document
    }

    /// What `Events` says of a document, read without MongoDB.
    static func row(_ document: BSONDocument) -> [String: Value] {
        var row: [String: Value] = [:]
        _ = document.withView { event in
            guard let fact = FactReader.read(event) else { return }
            func text(_ name: String, _ value: String?) { if let value { row[name] = .text(value) } }
            text("Id", event.string("_id"))
            row["Time"] = .instant(fact.time)
            row["ReceivedAt"] = event.dateMilliseconds("receivedAt").map(Value.instant)
            for (column, field) in [
                ("Type", "type"), ("Event", "event"), ("Activity", "activity"), ("Visitor", "visitor"),
                ("UserId", "userId"), ("Host", "host"), ("Source", "source"),
            ] { text(column, event.string(field)) }
            text("ProductId", fact.lines.first?.product)
            text("Device", fact.context.device)
            text("Referrer", fact.context.referrer)
            text("Campaign", fact.context.campaign)
            guard let properties = event.document("properties") else { return }
            func number(_ name: String) -> Double? {
                let value = properties[name]?.double ?? properties[name]?.string.flatMap { Double($0) }
                return value.flatMap { $0.magnitude <= 9e8 ? $0 : nil }
            }
            func said(_ name: String) -> String? {
                let value = properties[name]?.string ?? properties[name]?.integer.map(String.init)
                return value == "" ? nil : value
            }
            row["Price"] = number("price").map(Value.number)
            row["Quantity"] = number("quantity").map(Value.number)
            if fact.kind.activity == .order {
                row["Revenue"] = (number("revenue") ?? number("total") ?? number("value")).map(Value.number)
            }
            text("Currency", said("currency"))
            text("Query", said("query") ?? said("search_term"))
        }
        return row
    }

    // MARK: Questions

    static func filter(_ random: inout Seeded, depth: Int = 3) -> String {
        if depth > 0, random.chance(60) {
            let (a, b) = (filter(&random, depth: depth - 1), filter(&random, depth: depth - 1))
            return random.pick(["(\(a)) and (\(b))", "(\(a)) or (\(b))", "not (\(a))", "\(a) and \(b)"])
        }
        let compare = random.pick(["eq", "ne", "gt", "ge", "lt", "le"])
        let texts = random.pick([
            "Event", "Visitor", "UserId", "ProductId", "Query", "Device", "Referrer", "Campaign", "Id",
        ])
        let literal = random.pick([
            "'p1'", "'mug'", "'phone'", "'google.com'", "'a:2'", "'Product Viewed'", "null", "'é''1'",
        ])
        return random.pick([
            "\(texts) \(compare) \(literal)", "\(texts) in (\(literal),'7',null)",
            "Time \(compare) \(Instant.text(start + Int64.random(in: 0..<40, using: &random) * 10_800_000))",
            "\(random.pick(["Price", "Quantity", "Revenue"])) \(compare) \(random.pick(["12", "12.5", "-3", "null"]))",
            "\(random.pick(["contains", "startswith", "endswith"]))(\(texts),\(random.pick(["'Mug'", "'p'", "''", "'é'", "'.com'", "null"])))",
            "\(random.pick(["hour", "day", "month", "minute"]))(Time) \(compare) \(random.pick(["3", "28", "0"]))",
            "Query \(compare) ProductId", "Activity eq null",
        ])
    }
}
