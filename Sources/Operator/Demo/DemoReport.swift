// What MongoDB holds after a demonstration: activities, the funnel from view to order, the most viewed products.
import Mongo
import Settings

struct DemoReport {
    var activities: [(String, Int)] = []
    /// Visitors who reached each step, in order.
    var funnel: [(String, Int)] = []
    var products: [(name: String, views: Int, adds: Int)] = []
    var demoEvents = 0

    static func read(_ settings: MongoSettings) throws(MongoError) -> DemoReport {
        let client = try MongoClient.open(uri: settings.uri.revealed)
        defer { client.close() }
        let events = try client.collection(database: settings.database, settings.collection)
        var report = DemoReport()
        let isDemo: BSONDocument = ["visitor": ["$regex": "^a:demo-"]]
        report.demoEvents = try events.count(isDemo)
        let counts = try events.aggregate([
            ["$match": ["activity": ["$ne": nil]]],
            ["$group": ["_id": "$activity", "n": ["$sum": 1]]], ["$sort": ["n": -1]],
        ])
        while let row = try counts.next() {
            report.activities.append((row.string("_id") ?? "", Int(row.integer("n") ?? 0)))
        }
        try report.readFunnel(events)
        let products = try events.aggregate([
            ["$match": ["activity": ["$in": ["view_product", "add_to_cart"]]]],
            [
                "$group": [
                    "_id": "$properties.name",
                    "views": ["$sum": ["$cond": [["$eq": ["$activity", "view_product"]], 1, 0]]],
                    "adds": ["$sum": ["$cond": [["$eq": ["$activity", "add_to_cart"]], 1, 0]]],
                ]
            ], ["$sort": ["views": -1]], ["$limit": 5],
        ])
        while let row = try products.next() {
            report.products.append(
                (row.string("_id") ?? "?", Int(row.integer("views") ?? 0), Int(row.integer("adds") ?? 0)))
        }
        return report
    }

    private mutating func readFunnel(_ events: MongoCollection) throws(MongoError) {
        let steps = ["view_product", "add_to_cart", "proceed_to_checkout", "order"]
        let cursor = try events.aggregate([
            ["$match": ["activity": ["$in": .array(steps.map { .string($0) })], "visitor": ["$exists": true]]],
            ["$group": ["_id": "$visitor", "did": ["$addToSet": "$activity"]]],
            [
                "$group": [
                    "_id": nil, "view_product": reached(steps[..<1]), "add_to_cart": reached(steps[..<2]),
                    "proceed_to_checkout": reached(steps[..<3]), "order": reached(steps[..<4]),
                ]
            ],
        ])
        guard let row = try cursor.next() else { return }
        funnel = steps.map { ($0, Int(row.integer($0) ?? 0)) }
    }

    private func reached(_ steps: ArraySlice<String>) -> BSONValue {
        ["$sum": ["$cond": [["$setIsSubset": [.array(steps.map { .string($0) }), "$did"]], 1, 0]]]
    }

    var text: String {
        var lines = [Look.current.toned("activities", .strong)]
        for (name, count) in activities {
            lines.append("  " + Format.padded(name, 22) + Format.right(Format.count(count), 9))
        }
        lines.append(Look.current.toned("funnel, visitors", .strong))
        let most = max(funnel.first?.1 ?? 0, 1)
        for (name, count) in funnel {
            let bar = String(repeating: "#", count: count * 30 / most)
            lines.append(
                "  " + Format.padded(name, 22) + Format.right(Format.count(count), 9) + "  " + bar
                    + " \(count * 100 / most) %")
        }
        lines.append(Look.current.toned("most viewed products", .strong) + "              views     added")
        for product in products {
            lines.append(
                "  " + Format.padded(product.name, 22) + Format.right(Format.count(product.views), 9)
                    + Format.right(Format.count(product.adds), 10))
        }
        return lines.joined(separator: "\n")
    }
}
