// Searches: terms, those without results, and what a search led to. A search led to what its visitor did within half an
// hour of it and before the next search.
import Events
import Mongo
import Rollups

public struct SearchesReport: Sendable, Equatable {
    public struct Term: Sendable, Equatable {
        public let term: String
        public var searches = 0
        public var withoutResults = 0
        public var visitors = 0
        public var viewed = 0
        public var added = 0
        public var ordered = 0

        init(_ term: String) { self.term = term }
    }

    public static let columns = ["searches", "without_results", "visitors", "viewed", "added", "term"]
    static let followMilliseconds: Int64 = 1_800_000

    public let period: Period
    public var searches = 0
    public var withoutResults = 0
    public var visitors = 0
    /// Before the cut.
    public var total = 0
    public var terms: [Term] = []
    /// The most frequent without results, at most 20.
    public var emptyTerms: [Term] = []

    public var shareWithoutResults: Double? { rate(withoutResults, searches) }

    /// A visitor's last search.
    private struct Open {
        var term: Int32 = -1
        var time: Int64 = 0
        /// What it led to so far: viewed, added, ordered.
        var led: UInt8 = 0
    }

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ sort: Sort, limit: Int
    ) throws(MongoError) -> SearchesReport {
        var report = SearchesReport(period: period)
        let walk = Walk(source, filters)
        var terms: [Term] = []
        var places: [String: Int32] = [:]
        var placeOf: [Int32] = []
        var activityOf: [UInt8] = []
        var open: [Open] = []
        var seen = Set<UInt64>()
        var at = 0
        try walk.run(
            from: period.start, to: period.end + followMilliseconds, columns: .searches
        ) { segment in
            at = 0
            activityOf = segment.kindNames.map { $0.activity?.rawValue ?? .max }
            placeOf = segment.terms.map { term in
                if let place = places[term] { return place }
                let place = Int32(truncatingIfNeeded: terms.count)
                places[term] = place
                terms.append(Term(term))
                return place
            }
        } onRow: { segment, row in
            guard let activity = Activity(rawValue: activityOf[Int(segment.kinds[row.row])]) else { return }
            let visitor = Int(row.visitor)
            if activity == .search {
                guard let search = segment.search(of: row.row, &at) else { return }
                let place = placeOf[Int(search.term)]
                let isCounted = row.time < period.end
                if isCounted {
                    terms[Int(place)].searches += 1
                    if search.hasResults == false { terms[Int(place)].withoutResults += 1 }
                }
                guard visitor >= 0 else { return }
                while open.count <= visitor { open.append(Open()) }
                open[visitor] = Open(term: isCounted ? place : -1, time: row.time)
                if isCounted, seen.insert(UInt64(visitor) << 32 | UInt64(place)).inserted {
                    terms[Int(place)].visitors += 1
                }
                return
            }
            guard visitor >= 0, visitor < open.count, open[visitor].term >= 0,
                row.time - open[visitor].time <= followMilliseconds
            else { return }
            let bit: UInt8 = activity == .viewProduct ? 1 : activity == .addToCart ? 2 : activity == .order ? 4 : 0
            guard bit & ~open[visitor].led != 0 else { return }
            open[visitor].led |= bit
            let term = Int(open[visitor].term)
            if bit == 1 { terms[term].viewed += 1 }
            if bit == 2 { terms[term].added += 1 }
            if bit == 4 { terms[term].ordered += 1 }
        }
        report.visitors = Set(seen.map { $0 >> 32 }).count
        report.finish(terms.filter { $0.searches > 0 }, sort, limit)
        return report
    }

    private mutating func finish(_ terms: [Term], _ sort: Sort, _ limit: Int) {
        for term in terms {
            searches += term.searches
            withoutResults += term.withoutResults
        }
        total = terms.count
        var sorted = terms
        if sort.column == "term" {
            sorted.sort { sort.isFalling ? $0.term > $1.term : $0.term < $1.term }
        } else {
            sort.apply(&sorted, tie: \.term) { term in
                switch sort.column {
                case "without_results": Double(term.withoutResults)
                case "visitors": Double(term.visitors)
                case "viewed": Double(term.viewed)
                case "added": Double(term.added)
                default: Double(term.searches)
                }
            }
        }
        self.terms = Array(sorted.prefix(limit))
        emptyTerms = Array(
            terms.filter { $0.withoutResults > 0 }.sorted {
                $0.withoutResults != $1.withoutResults ? $0.withoutResults > $1.withoutResults : $0.term < $1.term
            }.prefix(20))
    }
}
