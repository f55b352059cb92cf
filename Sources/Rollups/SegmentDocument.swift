// A segment as MongoDB documents and back: a binary value a column, so that a report asks for the columns it needs. A
// column of numbers begins with its width (1, 2, 4 or 8 bytes a number). A segment too large for one document is
// several, rows in order. What cannot be read is said, never trapped on.
//     {_id: {s: minute, l: level, p: part}, n: rows, visitors, runs, times, kinds, …}
import Events
import Mongo

/// Columns a report may leave out; visitors, runs, times and kinds always come.
public struct SegmentColumns: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let contexts = SegmentColumns(rawValue: 1)
    public static let products = SegmentColumns(rawValue: 2)
    public static let productNames = SegmentColumns(rawValue: 4)
    public static let lines = SegmentColumns(rawValue: 8)
    public static let orders = SegmentColumns(rawValue: 16)
    public static let searches = SegmentColumns(rawValue: 32)
    public static let visitorNames = SegmentColumns(rawValue: 64)
    public static let all = SegmentColumns(rawValue: 127)

    private static let names: [(SegmentColumns, [String])] = [
        (.contexts, ["contexts", "context_names"]), (.products, ["products", "product_ids"]),
        (.productNames, ["product_names"]), (.lines, ["lines", "product_ids"]), (.orders, ["orders", "currencies"]),
        (.searches, ["searches", "terms"]), (.visitorNames, ["visitor_names"]),
    ]

    public var projection: BSONDocument {
        var fields = ["n", "visitors", "runs", "times", "kinds", "kind_names"]
        for (columns, names) in SegmentColumns.names where contains(columns) {
            fields.append(contentsOf: names.filter { !fields.contains($0) })
        }
        return BSONDocument(fields.map { ($0, BSONValue.integer(1)) })
    }
}

extension Segment {
    /// Rows of one document at most: its texts are at most 256 bytes each, and the whole stays below 16 MiB.
    static let rowsOfPart = 250_000
    private static let bytesOfPart = 12 << 20

    /// Its documents; one at least, so that an empty segment covers its stretch too.
    package func documents() -> [BSONDocument] {
        let parts = cuts()
        if parts.count == 1 { return [document(part: 0)] }
        return parts.enumerated().map { index, rows in slice(rows).document(part: index) }
    }

    /// Where the rows are cut into parts, so that each document stays small enough with all its texts.
    private func cuts() -> [Range<Int>] {
        var texts = 0
        for name in visitorNames { texts += name.utf8.count + 5 }
        for id in productIDs { texts += id.utf8.count + 5 }
        for product in productNames { texts += product.name.utf8.count + 9 }
        for term in terms { texts += term.utf8.count + 5 }
        for kind in kindNames { texts += kind.type.utf8.count + (kind.event?.utf8.count ?? 0) + 5 }
        for context in contextNames {
            for text in [context.device, context.referrer, context.campaign] { texts += (text?.utf8.count ?? 0) + 5 }
        }
        let bytes = texts + 24 * rowCount + 20 * visitors.count + 20 * lines.count + 40 * orders.count
        // Where texts are not spread evenly a part may be larger than its share: hence twice as many.
        let count = max(
            (rowCount + Segment.rowsOfPart - 1) / Segment.rowsOfPart,
            bytes <= Segment.bytesOfPart ? 1 : 2 * bytes / Segment.bytesOfPart + 1)
        guard count > 1 else { return [0..<rowCount] }
        return (0..<count).map { rowCount * $0 / count..<rowCount * ($0 + 1) / count }
    }

    /// A part, with the texts its rows use.
    private func slice(_ rows: Range<Int>) -> Segment {
        var whole = self
        var row = 0
        var kept: [Int] = []
        for run in runs.indices {
            let next = row + Int(runs[run])
            let count = max(0, min(next, rows.upperBound) - max(row, rows.lowerBound))
            if count > 0 { kept.append(run) }
            whole.runs[run] = UInt32(count)
            row = next
        }
        func within(_ place: UInt32) -> Bool { rows.contains(Int(place)) }
        whole.visitors = kept.map { visitors[$0] }
        whole.visitorNames = kept.map { visitorNames[$0] }
        whole.runs = kept.map { whole.runs[$0] }
        whole.times = Array(times[rows])
        whole.kinds = Array(kinds[rows])
        whole.contexts = Array(contexts[rows])
        whole.products = Array(products[rows])
        let base = UInt32(rows.lowerBound)
        whole.lines = lines.filter { within($0.row) }.map {
            .init(row: $0.row - base, product: $0.product, amount: $0.amount)
        }
        whole.orders = orders.filter { within($0.row) }.map {
            .init(row: $0.row - base, id: $0.id, currency: $0.currency, revenue: $0.revenue)
        }
        whole.searches = searches.filter { within($0.row) }.map {
            .init(row: $0.row - base, term: $0.term, hasResults: $0.hasResults)
        }
        // The builder leaves out texts that no row uses only where it meets rows alone; unused ones are dropped here.
        whole.dropUnusedTexts()
        return whole
    }

    private mutating func dropUnusedTexts() {
        (kinds, kindNames) = Segment.compact(kinds, kindNames, base: 0)
        (contexts, contextNames) = Segment.compact(contexts, contextNames, base: 0)
        var used = [Bool](repeating: false, count: productIDs.count)
        for place in products where place > 0 { used[Int(place) - 1] = true }
        for line in lines { used[Int(line.product)] = true }
        var places = [UInt32](repeating: 0, count: used.count)
        var kept: [Int] = []
        for (index, isUsed) in used.enumerated() where isUsed {
            places[index] = UInt32(kept.count)
            kept.append(index)
        }
        products = products.map { $0 == 0 ? 0 : places[Int($0) - 1] + 1 }
        for index in lines.indices { lines[index].product = places[Int(lines[index].product)] }
        productIDs = kept.map { productIDs[$0] }
        productNames = kept.map { productNames[$0] }
        let (termPlaces, termsKept) = Segment.compact(searches.map(\.term), terms, base: 0)
        for index in searches.indices { searches[index].term = termPlaces[index] }
        terms = termsKept
    }

    private static func compact<Text>(_ column: [UInt32], _ texts: [Text], base: UInt32) -> ([UInt32], [Text]) {
        var places = [UInt32?](repeating: nil, count: texts.count)
        var kept: [Text] = []
        let moved = column.map { place -> UInt32 in
            if let known = places[Int(place)] { return known }
            let new = UInt32(kept.count)
            places[Int(place)] = new
            kept.append(texts[Int(place)])
            return new
        }
        return (moved, kept)
    }

    static func id(_ place: SegmentPlace, part: Int) -> BSONValue {
        ["s": .int64(place.minute), "l": .int64(Int64(place.level.rawValue)), "p": .int64(Int64(part))]
    }

    private func document(part: Int) -> BSONDocument {
        var fields: [(String, BSONValue)] = [
            ("_id", Segment.id(place, part: part)), ("n", .int64(Int64(rowCount))),
            ("robots", .int64(Int64(robotCount))),
            ("nobody", .int64(Int64(rowCount - runs.reduce(0) { $0 + Int($1) }))),
        ]
        func put(_ name: String, _ body: (inout ColumnWriter) -> Void) {
            var writer = ColumnWriter()
            body(&writer)
            fields.append((name, .binary(writer.bytes)))
        }
        put("visitors") { for id in visitors { $0.word(id.high); $0.word(id.low) } }
        put("runs") { $0.numbers(runs) }
        put("times") { $0.numbers(times) }
        put("kinds") { $0.numbers(kinds) }
        put("contexts") { $0.numbers(contexts) }
        put("products") { $0.numbers(products) }
        put("lines") {
            $0.numbers(lines.map(\.row))
            $0.numbers(lines.map(\.product))
            for line in lines { $0.money(line.amount) }
        }
        put("orders") {
            $0.numbers(orders.map(\.row))
            $0.numbers(orders.map(\.currency))
            for order in orders { $0.word(order.id.high); $0.word(order.id.low); $0.money(order.revenue) }
        }
        put("searches") {
            $0.numbers(searches.map(\.row))
            $0.numbers(searches.map(\.term))
            $0.numbers(searches.map { $0.hasResults.map { $0 ? 1 : 2 } ?? 0 })
        }
        put("kind_names") {
            for kind in kindNames {
                $0.byte(kind.activity.map { $0.rawValue + 1 } ?? 0)
                $0.text(kind.type)
                $0.text(kind.event)
            }
        }
        put("context_names") {
            for context in contextNames {
                $0.byte((context.isSignedIn ? 1 : 0) | (context.isRobot ? 2 : 0))
                $0.text(context.device)
                $0.text(context.referrer)
                $0.text(context.campaign)
            }
        }
        put("product_ids") { for id in productIDs { $0.text(id) } }
        put("product_names") { writer in
            writer.numbers(productNames.map(\.time))
            for product in productNames { writer.text(product.name) }
        }
        put("currencies") { for currency in currencies { $0.text(currency) } }
        put("terms") { for term in terms { $0.text(term) } }
        put("visitor_names") { for name in visitorNames { $0.text(name) } }
        return BSONDocument(fields)
    }
}
