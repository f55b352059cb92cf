// The query options of a request for rows: each read once; what this service does not do is 501, never left out. Pure.

struct Ordering: Sendable, Equatable {
    let column: Column
    let isFalling: Bool
}

struct QueryOptions: Sendable {
    static let maxOrderings = 5

    /// In the set's order.
    var columns: [Column]
    /// Whether $select named them.
    var isSelected = false
    var filter: Filter?
    /// As asked for, then the key: no two rows are equal by it.
    var order: [Ordering] = []
    var top: Int?
    var skip = 0
    var isCounted = false
    var format: String?
    var after: SkipToken?
    /// What the next page's address repeats.
    var repeated: [(name: String, value: String)] = []

    /// `forRows`: all of them; else only $format and $select, and for a count $filter.
    enum Use { case rows, count, one, document }

    init(_ options: [(name: String, value: String)], _ set: EntitySet?, _ use: Use) throws(Fault) {
        columns = set?.columns ?? []
        var seen = Set<String>()
        var asked: [Ordering] = []
        for (name, value) in options {
            guard seen.insert(name).inserted else { throw .bad("\(quoted(name)) is given twice") }
            guard QueryOptions.allowed(use).contains(name) else { throw QueryOptions.refusal(name, use) }
            switch name {
            case "$format": format = value
            case "$select":
                if let set { try select(value, set) }
            case "$filter":
                if let set { filter = try FilterParser.parse(value, set) }
            case "$orderby":
                if let set { asked = try QueryOptions.orderings(value, set) }
            case "$top": top = try QueryOptions.number(name, value)
            case "$skip": skip = try QueryOptions.number(name, value)
            case "$count":
                guard value == "true" || value == "false" else { throw .bad("$count is true or false") }
                isCounted = value == "true"
            default: break
            }
            if ["$format", "$select", "$filter", "$orderby"].contains(name) { repeated.append((name, value)) }
        }
        guard let set, use == .rows else { return }
        order = QueryOptions.complete(asked, set)
        if let token = options.first(where: { $0.name == "$skiptoken" })?.value {
            guard top == nil, skip == 0, !isCounted else {
                throw .bad("$skiptoken is part of an address that was given: nothing can be added to it")
            }
            let token = try SkipToken.read(token, set, order)
            after = token
            top = token.top
        }
    }

    private static func allowed(_ use: Use) -> [String] {
        switch use {
        case .rows: ["$format", "$select", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken"]
        case .count: ["$filter", "$format"]
        case .one: ["$format", "$select"]
        case .document: ["$format"]
        }
    }

    private static func refusal(_ name: String, _ use: Use) -> Fault {
        if allowed(.rows).contains(name) { return .bad("\(name) has no place in this request") }
        return .unsupported("the query option \(quoted(name)) is not supported")
    }

    private static func number(_ name: String, _ text: String) throws(Fault) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            number <= Int(Int32.max)
        else { throw .bad("\(name): \(quoted(text)) is no whole number from 0 to \(Int32.max)") }
        return number
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
    }

    private mutating func select(_ text: String, _ set: EntitySet) throws(Fault) {
        var wanted = Set<String>()
        var isAll = false
        for name in QueryOptions.parts(text) {
            if name == "*" {
                isAll = true
                continue
            }
            guard set.column(name) != nil else { throw .bad("$select: \(set.name) has no column \(quoted(name))") }
            wanted.insert(name)
        }
        if isAll { return }
        isSelected = true
        columns = set.columns.filter { wanted.contains($0.name) }
    }

    private static func orderings(_ text: String, _ set: EntitySet) throws(Fault) -> [Ordering] {
        var orderings: [Ordering] = []
        for part in parts(text) {
            let words = part.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let name = words.first, words.count <= 2 else {
                throw .bad("$orderby: write Column asc or Column desc")
            }
            if name.contains("(") || name.contains("/") {
                throw .unsupported("$orderby: only columns are supported, not \(quoted(name))")
            }
            guard let column = set.column(name) else {
                throw .bad("$orderby: \(set.name) has no column \(quoted(name))")
            }
            guard words.count == 1 || words[1] == "asc" || words[1] == "desc" else {
                throw .bad("$orderby: \(quoted(words[1])) is neither asc nor desc")
            }
            guard !orderings.contains(where: { $0.column == column }) else {
                throw .bad("$orderby: \(name) is given twice")
            }
            orderings.append(Ordering(column: column, isFalling: words.last == "desc" && words.count == 2))
        }
        guard orderings.count <= maxOrderings else { throw .bad("$orderby: at most \(maxOrderings) columns") }
        return orderings
    }

    /// Without $orderby events come by time, days by date; the key settles the rest.
    private static func complete(_ asked: [Ordering], _ set: EntitySet) -> [Ordering] {
        var order = asked
        if order.isEmpty, set == Model.events, let time = set.column("Time") {
            order.append(Ordering(column: time, isFalling: false))
        }
        for key in set.keys where !order.contains(where: { $0.column == key }) {
            order.append(Ordering(column: key, isFalling: false))
        }
        return order
    }
}
