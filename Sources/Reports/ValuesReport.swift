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
        let tally = ValueTally(kind, period)
        let walk = Walk(source, filters, carries: tally.carries)
        try walk.run(from: period.start, [tally])
        var counts = tally.counts(walk)
        if kind == .event || kind == .product { counts[nil] = nil }
        let sorted = counts.map { Value(value: $0.key, events: $0.value) }.sorted {
            $0.events != $1.events ? $0.events > $1.events : ($0.value ?? "") < ($1.value ?? "")
        }
        let values = sorted.prefix(limit).map { value in
            var value = value
            value.name = value.value.flatMap { tally.names[$0]?.name }
            return value
        }
        return ValuesReport(period: period, kind: kind, values: values)
    }
}

private final class ValueTally: Tally {
    let columns: SegmentColumns
    let end: Int64
    let carries: Bool
    private let kind: ValuesReport.Kind
    private var flushed: [String?: Int] = [:]
    private(set) var names: [String: (time: Int64, name: String)] = [:]
    /// The values of the segment at hand, and how often each stood; of what is carried, of the whole walk.
    private var values: [String?] = []
    private var local = Cells<Int>(0)
    private var at = 0

    init(_ kind: ValuesReport.Kind, _ period: Period) {
        self.kind = kind
        end = period.end
        carries = kind == .referrer || kind == .campaign
        columns = kind == .product ? [.products, .productNames, .lines] : []
    }

    func begin(_ segment: Segment) {
        if carries { return }
        flush()
        at = 0
        switch kind {
        case .device: values = segment.contextNames.map(\.device)
        case .event: values = segment.kindNames.map(\.event)
        default:
            values = segment.productIDs
            for (id, said) in zip(segment.productIDs, segment.productNames) where !said.name.isEmpty {
                let new = (segment.place.start + Int64(said.time), said.name)
                if names[id].map({ new > $0 }) ?? true { names[id] = new }
            }
        }
    }

    func add(_ visit: Visit, of segment: Segment) {
        for row in visit.rows {
            switch kind {
            case .device: local.at(Int(row.context)).pointee += 1
            case .event: local.at(Int(row.kind)).pointee += 1
            case .product: segment.forEachLine(of: row, &at) { product, _, _ in local.at(product).pointee += 1 }
            case .referrer: local.at(Int(row.referrer)).pointee += 1
            case .campaign: local.at(Int(row.campaign)).pointee += 1
            }
        }
    }

    private func flush() {
        for (place, count) in local.cells.enumerated() where count > 0 { flushed[values[place], default: 0] += count }
        local = Cells(0)
    }

    func counts(_ walk: Walk) -> [String?: Int] {
        if carries { values = walk.texts }
        flush()
        return flushed
    }
}
