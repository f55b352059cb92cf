// The *Daily sets over a real MongoDB: they agree to the last digit with the dashboards' JSON and CSV, and with the events.
import Mongo
import OData
import Reports
import Rollups
import TestSupport
import Testing

@Suite("OData over MongoDB: days", .waiting, .enabled(if: Servers.areThere), .serialized)
struct DaysTests {
    private static let days = ["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"]
    private static let range = [("from", days[0]), ("to", days[5]), ("limit", "10000")].map {
        (name: $0.0, value: $0.1)
    }

    private func place(_ seed: Int) throws -> Place {
        var random = Seeded(seed)
        let place = try Place()
        try place.insert((0..<300).map { RandomEvents.document($0, &random) })
        try place.rollUp()
        return place
    }

    @Test(
        "events, activities, products, terms and wishes sum up to what /api, the CSV and the ledger say",
        arguments: 1...4)
    func totals(seed: Int) throws {
        let place = try place(seed)
        let stored = Double(try place.events.count())
        let activity = try place.pages("DailyActivity", size: 5).flatMap { $0 }
        func sum(_ rows: [JSONValue], _ name: String) -> Double { rows.reduce(0) { $0 + $1[name].number } }
        let overview = try place.api("/api/overview", DaysTests.range)
        #expect(sum(activity, "Events") == stored && overview["events"].number == stored)
        for name in ["view_product", "add_to_cart", "proceed_to_checkout", "search", "add_to_wishlist", "order"] {
            let own = activity.filter { $0["Activity"].text == name }
            #expect(sum(own, "Events") == overview["activities"][name].number)
        }
        for day in DaysTests.days {
            let alone = try place.api("/api/overview", [("from", day), ("to", day)])
            for row in activity where row["Date"].text == day && row["Activity"].text != "other" {
                #expect(row["Visitors"] == alone["visitors_of"][row["Activity"].text ?? ""])
            }
        }
        let csv = try place.reports.answer(path: "/export/overview.csv", DaysTests.range)
        let lines = String(decoding: csv.body, as: UTF8.self).split(separator: "\r\n").map { $0.split(separator: ",") }
        let column = try #require(lines.first?.firstIndex(of: "events"))
        #expect(lines.dropFirst().reduce(0.0) { $0 + (Double($1[column]) ?? .nan) } == stored)

        let products = try place.pages("ProductsDaily", size: 3).flatMap { $0 }
        let known = try place.api("/api/products", DaysTests.range)["products"].list
        #expect(!known.isEmpty)
        for product in known {
            let own = products.filter { $0["ProductId"] == product["product"] }
            for (odata, api) in [("Views", "views"), ("Adds", "adds"), ("Wishlists", "wishlists")] {
                #expect(sum(own, odata) == product[api].number, "\(api) of \(product["product"])")
            }
        }
        let terms = try place.pages("SearchTermsDaily", size: 2).flatMap { $0 }
        let searches = try place.api("/api/searches", DaysTests.range)
        #expect(sum(terms, "Searches") == searches["searches"].number)
        #expect(sum(terms, "WithoutResults") == searches["without_results"].number)
        #expect(
            sum(try place.pages("WishlistDaily").flatMap { $0 }, "Added")
                == (try place.api("/api/wishlist", DaysTests.range))["added"].number)
    }

    @Test("each day's funnel, products, terms and wishes are the reports of that day alone", arguments: 1...4)
    func eachDay(seed: Int) throws {
        let place = try place(seed &* 17)
        for day in DaysTests.days {
            let own = [(name: "$filter", value: "Date eq \(day)")]
            let range = [("from", day), ("to", day), ("limit", "10000")].map { (name: $0.0, value: $0.1) }
            let funnel = try place.pages("FunnelDaily", own).flatMap { $0 }
            let steps = try place.api("/api/funnel", range)["steps"].list
            if steps[0]["visitors"].number > 0 {
                #expect(funnel.map { $0["Visitors"] } == steps.map { $0["visitors"] })
                #expect(funnel.map { $0["Step"] } == steps.map { $0["step"] })
            } else {
                #expect(funnel.isEmpty)
            }
            let wishes = try place.pages("WishlistDaily", own).flatMap { $0 }
            let wishlist = try place.api("/api/wishlist", range)["products"].list
            #expect(wishes.count == wishlist.count)
            for wish in wishlist {
                let row = wishes.first { $0["ProductId"] == wish["product"] }
                #expect(row?["Added"] == wish["added"] && row?["MovedToCart"] == wish["moved"], "\(day) \(wish)")
            }
            let products = try place.pages("ProductsDaily", own).flatMap { $0 }
            for product in try place.api("/api/products", range)["products"].list {
                guard let row = products.first(where: { $0["ProductId"] == product["product"] }) else {
                    // A row is there for what happened; what was only taken out of a cart has none.
                    let counts = ["views", "adds", "wishlists", "orders"].map { product[$0].number }
                    #expect(counts == [0, 0, 0, 0], "\(day) \(product)")
                    continue
                }
                #expect(row["Orders"] == product["orders"] && row["Name"] == product["name"])
                let amounts = product["revenue"].list
                #expect(row["Revenue"] == (amounts.count == 1 ? amounts[0]["amount"] : .null))
            }
        }
        // The walk of all days at once says what each day's own says.
        let all = try place.pages("WishlistDaily").flatMap { $0 }
        let single = try DaysTests.days.flatMap {
            try place.pages("WishlistDaily", [("$filter", "Date eq \($0)")]).flatMap { $0 }
        }
        #expect(all == single)
    }

    @Test("orders, pages and filters of days give what sorting all rows by hand gives", arguments: 1...6)
    func pages(seed: Int) throws {
        let place = try place(seed)
        var random = Seeded(seed)
        for set in ["DailyActivity", "FunnelDaily", "ProductsDaily", "SearchTermsDaily", "WishlistDaily"] {
            let all = try place.pages(set).flatMap { $0 }
            #expect(!all.isEmpty)
            let columns = try #require(Model.set(set)).columns
            let key = columns[1].name
            for _ in 0..<4 {
                let column = random.pick(columns.dropFirst(2).filter { $0.type == .int32 }).name
                let least = Double(Int.random(in: 0..<4, using: &random))
                let isFalling = random.chance(50)
                let byDate = random.chance(50)
                let order = (byDate ? "Date desc," : "") + column + (isFalling ? " desc" : "")
                let found = try place.pages(
                    set, [("$filter", "\(column) ge \(Int(least)) and Date ne 2026-03-28"), ("$orderby", order)],
                    size: Int.random(in: 1...9, using: &random)
                ).flatMap { $0 }
                func bytes(_ value: JSONValue) -> [UInt8] {
                    if case .number(let number) = value { return Array(String(100 + Int(number)).utf8) }
                    return Array((value.text ?? "").utf8)
                }
                let expected = all.filter { $0[column].number >= least && $0["Date"].text != "2026-03-28" }.sorted {
                    a, b in
                    let (x, y) = (a["Date"].text ?? "", b["Date"].text ?? "")
                    if byDate, x != y { return x > y }
                    if a[column] != b[column] { return (a[column].number < b[column].number) != isFalling }
                    if x != y { return x < y }
                    return bytes(a[key]).lexicographicallyPrecedes(bytes(b[key]))
                }
                #expect(found == expected, "\(set) by \(order)")
            }
            let top = try place.pages(set, [("$top", "3"), ("$skip", "2")], size: 2).flatMap { $0 }
            #expect(top == Array(all.dropFirst(2).prefix(3)))
            let count = try place.ask(set + "/$count")
            #expect(Int(String(decoding: count.body, as: UTF8.self)) == all.count)
            // Every row is found by its key.
            for row in all.prefix(20) {
                let second =
                    row[key].text.map { "'" + $0.replacing("'", with: "''") + "'" } ?? String(Int(row[key].number))
                let found = try place.ask(
                    "\(set)(Date=\(row["Date"].text ?? ""),\(key)=\(second))",
                    headers: ["accept": "application/json;odata.metadata=none"])
                #expect(try JSONValue.read(found.body) == row)
            }
        }
    }
}
