// Reads a segment's document back. Every place that points into a dictionary or at a row is checked here, so that the
// walks over segments need no checks of their own.
import Events
import Mongo

extension Segment {
    /// The place a document's `_id` names.
    static func place(_ document: BSONView) -> SegmentPlace? {
        guard let id = document.document("_id"), let minute = id.integer("s"),
            let level = id.integer("l").flatMap({ SegmentLevel(rawValue: Int(clamping: $0)) }),
            minute.magnitude < 1 << 40
        else { return nil }
        return SegmentPlace(level, minute: minute)
    }

    /// nil for a document that is no segment, or a damaged one. Columns that were not asked for stay empty.
    package init?(_ document: BSONView) {
        guard let place = Segment.place(document) else { return nil }
        self.init(place)
        do { try read(document) } catch { return nil }
    }

    private mutating func read(_ document: BSONView) throws(DamagedColumn) {
        var columns: [String: UnsafeRawBufferPointer] = [:]
        for element in document { if let bytes = element.binary { columns[element.name] = bytes } }
        func reader(_ name: String) -> ColumnReader { ColumnReader(columns[name] ?? .init(start: nil, count: 0)) }

        var column = reader("visitors")
        visitors = try column.visitors()
        column = reader("times")
        times = try column.numbers(below: Int(place.level.milliseconds))
        column = reader("runs")
        runs = try column.numbers(below: times.count + 1)
        guard runs.count == visitors.count, runs.reduce(0, { $0 + Int($1) }) <= times.count else {
            throw DamagedColumn()
        }
        column = reader("kind_names")
        while !column.isAtEnd {
            let activity = try column.byte()
            let type = try column.text() ?? "track"
            kindNames.append(
                FactKind(
                    activity: activity == 0 ? nil : Activity(rawValue: activity - 1), type: type,
                    event: try column.text()))
        }
        column = reader("kinds")
        kinds = try column.numbers(below: kindNames.count)
        guard kinds.count == times.count else { throw DamagedColumn() }
        if columns["contexts"] != nil { try readContexts(reader("contexts"), reader("context_names")) }
        column = reader("product_ids")
        while !column.isAtEnd { productIDs.append(try column.text() ?? "") }
        if columns["products"] != nil {
            column = reader("products")
            products = try column.numbers(below: productIDs.count + 1)
            guard products.count == times.count else { throw DamagedColumn() }
        }
        if columns["product_names"] != nil {
            column = reader("product_names")
            let said = try column.numbers(below: .max)
            for time in said { productNames.append((try column.text() ?? "", time)) }
        }
        if columns["lines"] != nil { try readLines(reader("lines")) }
        if columns["orders"] != nil { try readOrders(reader("orders"), reader("currencies")) }
        if columns["searches"] != nil { try readSearches(reader("searches"), reader("terms")) }
        column = reader("visitor_names")
        while !column.isAtEnd { visitorNames.append(try column.text() ?? "") }
    }

    private mutating func readContexts(_ column: ColumnReader, _ names: ColumnReader) throws(DamagedColumn) {
        var column = column
        var names = names
        while !names.isAtEnd {
            let flags = try names.byte()
            var context = FactContext(
                device: try names.text(), referrer: try names.text(), campaign: try names.text())
            context.isSignedIn = flags & 1 != 0
            context.isRobot = flags & 2 != 0
            contextNames.append(context)
        }
        contexts = try column.numbers(below: contextNames.count)
        guard contexts.count == times.count else { throw DamagedColumn() }
    }

    private mutating func readLines(_ column: ColumnReader) throws(DamagedColumn) {
        var column = column
        let rows = try column.numbers(below: times.count)
        let named = try column.numbers(below: productIDs.count)
        guard named.count == rows.count else { throw DamagedColumn() }
        for (row, product) in zip(rows, named) {
            lines.append(Line(row: row, product: product, amount: try column.money()))
        }
    }

    private mutating func readOrders(_ column: ColumnReader, _ names: ColumnReader) throws(DamagedColumn) {
        var column = column
        var names = names
        while !names.isAtEnd { currencies.append(try names.text() ?? "") }
        let rows = try column.numbers(below: times.count)
        let said = try column.numbers(below: currencies.count + 1)
        guard said.count == rows.count else { throw DamagedColumn() }
        for (row, currency) in zip(rows, said) {
            let id = VisitorID(high: try column.word(), low: try column.word())
            orders.append(Order(row: row, id: id, currency: currency, revenue: try column.money()))
        }
    }

    private mutating func readSearches(_ column: ColumnReader, _ names: ColumnReader) throws(DamagedColumn) {
        var column = column
        var names = names
        while !names.isAtEnd { terms.append(try names.text() ?? "") }
        let rows = try column.numbers(below: times.count)
        let said = try column.numbers(below: terms.count)
        let results = try column.numbers(below: 3)
        guard said.count == rows.count, results.count == rows.count else { throw DamagedColumn() }
        for index in rows.indices {
            searches.append(
                Search(row: rows[index], term: said[index], hasResults: results[index] == 0 ? nil : results[index] == 1)
            )
        }
    }
}
