// Makes a segment of facts, or of shorter and older segments: the one way in which minutes become hours and hours days.
// The result depends only on what was added, not on the order. Belongs to one thread.
import Events

public struct SegmentBuilder {
    private var place: SegmentPlace
    private var visitors = Interned<VisitorID>()
    private var visitorNames: [String] = []
    /// Beside each row its visitor, counted from 1; 0 for nobody.
    private var rowVisitors: [UInt32] = []
    private var segment: Segment
    private var kinds = Interned<FactKind>()
    private var contexts = Interned<FactContext>()
    private var products = Interned<String>()
    private var currencies = Interned<String>()
    private var terms = Interned<String>()

    public init(_ place: SegmentPlace) {
        self.place = place
        segment = Segment(place)
    }

    public var rowCount: Int { rowVisitors.count }

    /// Adds an event; one outside the segment's time is left out.
    public mutating func add(_ fact: Fact) {
        guard fact.time >= place.start, fact.time < place.end else { return }
        let row = UInt32(truncatingIfNeeded: rowVisitors.count)
        let time = UInt32(truncatingIfNeeded: fact.time - place.start)
        rowVisitors.append(fact.visitor.map { visitor(VisitorID($0), name: $0) } ?? 0)
        segment.times.append(time)
        segment.kinds.append(kinds.place(of: fact.kind))
        segment.contexts.append(contexts.place(of: fact.context))
        segment.products.append(fact.lines.first.map { product($0.product, $0.name ?? "", time) + 1 } ?? 0)
        if fact.lines.count > 1 || fact.lines.contains(where: { $0.amount != nil }) {
            for line in fact.lines {
                segment.lines.append(
                    .init(row: row, product: product(line.product, line.name ?? "", time), amount: line.amount))
            }
        }
        if let order = fact.order {
            segment.orders.append(
                .init(
                    row: row, id: VisitorID(text: order.id),
                    currency: order.currency.map { currencies.place(of: $0) + 1 } ?? 0, revenue: order.revenue))
        }
        if let search = fact.search {
            segment.searches.append(
                .init(row: row, term: terms.place(of: search.term), hasResults: search.hasResults))
        }
    }

    /// Adds the rows of `other` that lie in this segment's time and in no minute that `isCovered`.
    public mutating func add(_ other: Segment, isCovered: (_ minute: Int64) -> Bool = { _ in false }) {
        let shift = other.place.start - place.start
        let kindOf = other.kindNames.map { kinds.place(of: $0) }
        let contextOf = other.contextNames.map { contexts.place(of: $0) }
        let currencyOf = other.currencies.map { currencies.place(of: $0) + 1 }
        let termOf = other.terms.map { terms.place(of: $0) }
        let productOf = other.productIDs.indices.map { index -> UInt32 in
            let named = index < other.productNames.count ? other.productNames[index] : ("", 0)
            return product(other.productIDs[index], named.0, UInt32(clamping: Int64(named.1) + shift))
        }
        var covered: [Int64: Bool] = [:]
        /// Where each row of `other` went.
        var places = [UInt32?](repeating: nil, count: other.rowCount)
        var row = 0
        for run in 0...other.visitors.count {
            let end = run < other.visitors.count ? min(row + Int(other.runs[run]), other.rowCount) : other.rowCount
            var owner: UInt32?
            while row < end {
                defer { row += 1 }
                let time = Int64(other.times[row]) + shift
                guard time >= 0, time < place.level.milliseconds else { continue }
                let minute = place.minute + time / 60_000
                let isOut = covered[minute] ?? isCovered(minute)
                covered[minute] = isOut
                if isOut { continue }
                if owner == nil {
                    let name = run < other.visitorNames.count ? other.visitorNames[run] : ""
                    owner = run < other.visitors.count ? visitor(other.visitors[run], name: name) : 0
                }
                places[row] = UInt32(truncatingIfNeeded: rowVisitors.count)
                rowVisitors.append(owner ?? 0)
                segment.times.append(UInt32(truncatingIfNeeded: time))
                segment.kinds.append(other.kinds[row] < kindOf.count ? kindOf[Int(other.kinds[row])] : 0)
                segment.contexts.append(row < other.contexts.count ? contextOf[Int(other.contexts[row])] : 0)
                let named = row < other.products.count ? other.products[row] : 0
                segment.products.append(named == 0 ? 0 : productOf[Int(named) - 1] + 1)
            }
        }
        for line in other.lines {
            guard let row = places[Int(line.row)] else { continue }
            segment.lines.append(.init(row: row, product: productOf[Int(line.product)], amount: line.amount))
        }
        for order in other.orders {
            guard let row = places[Int(order.row)] else { continue }
            let currency = order.currency == 0 ? 0 : currencyOf[Int(order.currency) - 1]
            segment.orders.append(.init(row: row, id: order.id, currency: currency, revenue: order.revenue))
        }
        for search in other.searches {
            guard let row = places[Int(search.row)] else { continue }
            segment.searches.append(.init(row: row, term: termOf[Int(search.term)], hasResults: search.hasResults))
        }
    }

    private mutating func visitor(_ id: VisitorID, name: String) -> UInt32 {
        let place = visitors.place(of: id)
        if Int(place) == visitorNames.count { visitorNames.append(name) }
        return place + 1
    }

    private mutating func product(_ id: String, _ name: String, _ time: UInt32) -> UInt32 {
        let place = Int(products.place(of: id))
        if place == segment.productNames.count {
            segment.productNames.append((name, time))
        } else if !name.isEmpty {
            let held = segment.productNames[place]
            // Of two names said in the same millisecond the greater one, whichever came first.
            if held.name.isEmpty || time > held.time || time == held.time && name > held.name {
                segment.productNames[place] = (name, time)
            }
        }
        return UInt32(place)
    }

    /// The segment, with rows in their order.
    public consuming func finish() -> Segment {
        let order = visitors.values.indices.sorted { visitors.values[$0] < visitors.values[$1] }
        var rank = [UInt32](repeating: UInt32(order.count), count: order.count + 1)
        for (place, index) in order.enumerated() { rank[index + 1] = UInt32(place) }
        segment.visitors = order.map { visitors.values[$0] }
        segment.visitorNames = order.map { visitorNames[$0] }
        segment.runs = [UInt32](repeating: 0, count: order.count)
        var keys: [(key: UInt64, row: UInt32)] = []
        keys.reserveCapacity(rowVisitors.count)
        for (row, owner) in rowVisitors.enumerated() {
            let place = rank[Int(owner)]
            if owner > 0 { segment.runs[Int(place)] += 1 }
            keys.append((UInt64(place) << 32 | UInt64(segment.times[row]), UInt32(truncatingIfNeeded: row)))
        }
        segment.kindNames = kinds.values
        segment.contextNames = contexts.values
        segment.productIDs = products.values
        segment.currencies = currencies.values
        segment.terms = terms.values
        let ties = SegmentTies(segment)
        keys.sort { $0.key != $1.key ? $0.key < $1.key : ties.precedes($0.row, $1.row) }
        segment.reorder(keys.map(\.row))
        return segment
    }
}

extension Segment {
    /// Puts the rows into the order that `rows` names them in.
    mutating func reorder(_ rows: [UInt32]) {
        var places = [UInt32](repeating: 0, count: rows.count)
        for (place, row) in rows.enumerated() { places[Int(row)] = UInt32(truncatingIfNeeded: place) }
        times = rows.map { times[Int($0)] }
        kinds = rows.map { kinds[Int($0)] }
        if !contexts.isEmpty { contexts = rows.map { contexts[Int($0)] } }
        if !products.isEmpty { products = rows.map { products[Int($0)] } }
        for index in lines.indices { lines[index].row = places[Int(lines[index].row)] }
        for index in orders.indices { orders[index].row = places[Int(orders[index].row)] }
        for index in searches.indices { searches[index].row = places[Int(searches[index].row)] }
        // Lines of one row keep their order.
        lines = lines.enumerated().sorted {
            $0.element.row != $1.element.row ? $0.element.row < $1.element.row : $0.offset < $1.offset
        }.map(\.element)
        orders.sort { $0.row < $1.row }
        searches.sort { $0.row < $1.row }
    }
}

/// Values numbered in the order they came.
struct Interned<Value: Hashable> {
    private(set) var values: [Value] = []
    private var places: [Value: UInt32] = [:]

    mutating func place(of value: Value) -> UInt32 {
        if let place = places[value] { return place }
        let place = UInt32(truncatingIfNeeded: values.count)
        values.append(value)
        places[value] = place
        return place
    }
}
