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

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ sort: Sort, limit: Int
    ) throws(MongoError) -> SearchesReport {
        let tally = SearchTally(period)
        try Walk(source, filters).run(from: period.start, [tally])
        return tally.report(sort, limit: limit)
    }

    mutating func finish(_ terms: [Term], _ sort: Sort, _ limit: Int) {
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
