// What filters and steps can be chosen from, with how many events each.
import Mongo
import Rollups

public struct ValuesReport: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case device, referrer, campaign, product, event }

    public struct Value: Sendable, Equatable {
        /// nil: events that say none.
        public let value: String?
        public var events: Int
        /// Of products.
        public var name: String?
    }

    public let period: Period
    public let kind: Kind
    public var values: [Value]

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ kind: Kind, limit: Int
    ) throws(MongoError) -> ValuesReport {
        var counts: [String?: Int] = [:]
        var names: [String: (time: Int64, name: String)] = [:]
        let walk = Walk(source, filters, carries: kind == .referrer || kind == .campaign)
        var at = 0
        var places: [String?] = []
        var local: [Int] = []
        func flush() {
            for (place, count) in local.enumerated() where count > 0 { counts[places[place], default: 0] += count }
            local = []
        }
        try walk.run(
            from: period.start, to: period.end,
            columns: kind == .product ? [.products, .productNames, .lines] : []
        ) { segment in
            if kind == .referrer || kind == .campaign { return }
            flush()
            at = 0
            switch kind {
            case .device: places = segment.contextNames.map(\.device)
            case .event: places = segment.kindNames.map(\.event)
            default:
                places = segment.productIDs
                for (id, said) in zip(segment.productIDs, segment.productNames) where !said.name.isEmpty {
                    let new = (segment.place.start + Int64(said.time), said.name)
                    if names[id].map({ new > $0 }) ?? true { names[id] = new }
                }
            }
            local = [Int](repeating: 0, count: places.count)
        } onRow: { segment, row in
            switch kind {
            case .device: local[Int(segment.contexts[row.row])] += 1
            case .event: local[Int(segment.kinds[row.row])] += 1
            case .product: for line in segment.lines(of: row.row, &at) { local[Int(line.product)] += 1 }
            case .referrer, .campaign:
                let place = Int(kind == .referrer ? row.referrer : row.campaign)
                while local.count <= place { local.append(0) }
                local[place] += 1
            }
        }
        if kind == .referrer || kind == .campaign { places = walk.texts }
        flush()
        if kind == .event || kind == .product { counts[nil] = nil }
        let sorted = counts.map { Value(value: $0.key, events: $0.value) }.sorted {
            $0.events != $1.events ? $0.events > $1.events : ($0.value ?? "") < ($1.value ?? "")
        }
        let values = sorted.prefix(limit).map { value in
            var value = value
            value.name = value.value.flatMap { names[$0]?.name }
            return value
        }
        return ValuesReport(period: period, kind: kind, values: values)
    }
}
