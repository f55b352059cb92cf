// The order of events of one visitor in one millisecond: by what they say, never by the order they were read in, so that
// every reading and merging gives the same. Equal events may stand either way round.
import Events

extension Fact {
    /// The order of events: time, then what they say.
    public static func precedes(_ a: Fact, _ b: Fact) -> Bool {
        if a.time != b.time { return a.time < b.time }
        return TieKey(a.kind, a.context, a.lines.first?.product, a.search?.term)
            < TieKey(b.kind, b.context, b.lines.first?.product, b.search?.term)
    }
}

struct TieKey: Comparable {
    private let activity: UInt8
    private let texts: [String]

    init(_ kind: FactKind?, _ context: FactContext?, _ product: String?, _ term: String?) {
        activity = kind?.activity?.rawValue ?? .max
        texts = [
            kind?.event ?? "", kind?.type ?? "", context?.referrer ?? "", context?.campaign ?? "",
            context?.device ?? "",
            context?.isSignedIn == true ? "1" : "0", product ?? "", term ?? "",
        ]
    }

    static func < (a: TieKey, b: TieKey) -> Bool {
        a.activity != b.activity ? a.activity < b.activity : a.texts.lexicographicallyPrecedes(b.texts)
    }
}

/// Compares rows of one segment that have the same visitor and time.
public struct SegmentTies {
    private let segment: Segment
    private let terms: [UInt32: UInt32]

    public init(_ segment: Segment) {
        self.segment = segment
        terms = Dictionary(segment.searches.map { ($0.row, $0.term) }, uniquingKeysWith: { first, _ in first })
    }

    public func precedes(_ a: UInt32, _ b: UInt32) -> Bool { key(a) < key(b) }

    private func key(_ row: UInt32) -> TieKey {
        // Rows may be read without some of their columns, or with numbers alone and not the names behind them.
        func value<Element>(_ column: [Element]) -> Element? {
            column.indices.contains(Int(row)) ? column[Int(row)] : nil
        }
        func name<Name>(_ names: [Name], _ number: Int?) -> Name? {
            number.flatMap { names.indices.contains($0) ? names[$0] : nil }
        }
        return TieKey(
            name(segment.kindNames, value(segment.kinds).map(Int.init)),
            name(segment.contextNames, value(segment.contexts).map(Int.init)),
            name(segment.productIDs, value(segment.products).map { Int($0) - 1 }),
            name(segment.terms, terms[row].map(Int.init)))
    }
}
