// Counts searches: an entry a term, a cell a visitor for the search whose consequences are being watched.
import Events
import Rollups

final class SearchTally: Tally {
    let columns: SegmentColumns = .searches
    var end: Int64 { period.end + SearchesReport.followMilliseconds }
    private let period: Period
    private var terms: [SearchesReport.Term] = []
    private var places: [String: Int32] = [:]
    private let open = Cells(Open())
    private let searchers = Cells(false)
    /// Visitor and term.
    private let pairs = PairTable()
    private var placeOf: [Int32] = []
    private var bitOf: [UInt8] = []
    private var at = 0

    /// A visitor's last search.
    private struct Open {
        var term: Int32 = -1
        var time: Int64 = 0
        /// What it led to so far: viewed, added, ordered.
        var led: UInt8 = 0
    }

    private static let search: UInt8 = 8

    init(_ period: Period) { self.period = period }

    func begin(_ segment: Segment) {
        at = 0
        bitOf = segment.kindNames.map { kind in
            switch kind.activity {
            case .viewProduct: 1
            case .addToCart: 2
            case .order: 4
            case .search: SearchTally.search
            default: 0
            }
        }
        placeOf = segment.terms.map { term in
            if let place = places[term] { return place }
            let place = Int32(truncatingIfNeeded: terms.count)
            places[term] = place
            terms.append(SearchesReport.Term(term))
            return place
        }
    }

    func expect(_ visitor: Int) { open.expect(visitor) }

    func add(_ visit: Visit, of segment: Segment) {
        let visitor = visit.visitor
        for row in visit.rows {
            let bit = bitOf[Int(row.kind)]
            if bit == SearchTally.search {
                search(row, visitor, segment)
                continue
            }
            guard bit != 0, visitor >= 0 else { continue }
            let open = self.open.at(Int(visitor))
            guard open.pointee.term >= 0, row.time - open.pointee.time <= SearchesReport.followMilliseconds,
                bit & ~open.pointee.led != 0
            else { continue }
            open.pointee.led |= bit
            let term = Int(open.pointee.term)
            if bit == 1 { terms[term].viewed += 1 }
            if bit == 2 { terms[term].added += 1 }
            if bit == 4 { terms[term].ordered += 1 }
        }
    }

    private func search(_ row: Row, _ visitor: Int32, _ segment: Segment) {
        guard let search = segment.search(of: row, &at) else { return }
        let place = placeOf[Int(search.term)]
        let isCounted = row.time < period.end
        if isCounted {
            terms[Int(place)].searches += 1
            if search.hasResults == false { terms[Int(place)].withoutResults += 1 }
        }
        guard visitor >= 0 else { return }
        open.at(Int(visitor)).pointee = Open(term: isCounted ? place : -1, time: row.time)
        guard isCounted, pairs.number(of: visitor, place).isNew else { return }
        searchers.at(Int(visitor)).pointee = true
        terms[Int(place)].visitors += 1
    }

    /// After the walk.
    func report(_ sort: Sort, limit: Int) -> SearchesReport {
        var report = SearchesReport(period: period)
        report.visitors = searchers.cells.count { $0 }
        report.finish(terms.filter { $0.searches > 0 }, sort, limit)
        return report
    }
}
