// Reports over more visitors than random histories have: large columns, several threads, more people than are listed.
import Events
import Mongo
import Reports
import Rollups
import Testing

/// One day on which visitor n of `count` views, 1 ms · n after its begin; every third adds to the cart, n + 1 s later.
private struct Crowd: SegmentSource {
    static let one = Crowd { VisitorID("a:\($0)") }
    static let count = 400_000
    private let segment: Segment

    init(_ id: (Int) -> VisitorID) {
        var segment = Segment(SegmentPlace(.day, minute: 0))
        segment.kindNames = [Activity.viewProduct, .addToCart].map { FactKind(activity: $0, type: "track", event: nil) }
        segment.contextNames = [FactContext(device: "phone"), FactContext(device: "desktop")]
        // Rows lie in the order of their visitors' hashes.
        let visitors = (0..<Crowd.count).map { (id: id($0), number: $0) }.sorted { $0.id < $1.id }
        for (id, number) in visitors {
            let buys = number % 3 == 0
            segment.visitors.append(id)
            segment.visitorNames.append("a:\(number)")
            segment.runs.append(buys ? 2 : 1)
            for row in 0..<(buys ? 2 : 1) {
                segment.times.append(UInt32(row == 0 ? number : 2 * number + 1000))
                segment.kinds.append(UInt32(row))
                segment.contexts.append(UInt32(number % 2))
                segment.products.append(0)
            }
        }
        self.segment = segment
    }

    func forEach(
        from: Int64, to: Int64, columns: SegmentColumns,
        prepare: @escaping (Segment) throws(MongoError) -> Segment, _ visit: (Segment) throws(MongoError) -> Void
    ) throws(MongoError) {
        if from < segment.place.end, to > segment.place.start { try visit(prepare(segment)) }
    }

    func people() -> [VisitorID: VisitorID] { [:] }
}

@Suite("Reports over many visitors") struct ManyVisitorsTests {
    private static let day = Period(start: 0, end: 86_400_000)
    private static let buyers = (Crowd.count + 2) / 3

    private func query() throws -> FunnelQuery {
        var query = FunnelQuery()
        query.steps = [.activity(.viewProduct), .activity(.addToCart)]
        query.breakdown = .device
        return query
    }

    @Test("a funnel counts each once, whichever thread found them, and its percentiles are of all")
    func funnel() throws {
        let report = try FunnelReport.make(Crowd.one, Self.day, Filters(), try query(), now: 90_000_000)
        #expect(report.steps.map(\.visitors) == [Crowd.count, Self.buyers])
        let took = (0..<Self.buyers).map { Int64(3 * $0 + 1000) }
        #expect(report.steps[1].median == took[(took.count + 1) / 2 - 1])
        #expect(report.steps[1].p90 == took[(took.count * 9 + 9) / 10 - 1])
        let phones = (0..<Crowd.count).filter { $0 % 2 == 0 }
        let byDevice = report.segments.first { $0.value == "phone" }?.visitors
        #expect(byDevice == [phones.count, phones.filter { $0 % 3 == 0 }.count])
    }

    @Test(
        "ids chosen so that their hashes agree in most bits cost no more than others", .timeLimit(.minutes(1)),
        arguments: [UInt64(1) << 40, 1 << 20, 1])
    func chosen(step: UInt64) throws {
        let crowd = Crowd { VisitorID(high: UInt64($0) * step, low: UInt64($0) << 32) }
        let report = try FunnelReport.make(crowd, Self.day, Filters(), try query(), now: 90_000_000)
        #expect(report.steps.map(\.visitors) == [Crowd.count, Self.buyers])
    }

    @Test("people behind a bar: all are counted, and the newest listed", arguments: [1, 7, 5000])
    func people(limit: Int) throws {
        let people = try FunnelPeople.make(
            Crowd.one, Self.day, Filters(), try query(), step: 2, state: .reached, limit: limit, now: 90_000_000)
        #expect(people.total == Self.buyers)
        let last = stride(from: 3 * (Self.buyers - 1), through: 0, by: -3).prefix(limit)
        #expect(people.visitors.map(\.visitor) == last.map { "a:\($0)" })
        #expect(people.visitors.map(\.last) == last.map { Int64(2 * $0 + 1000) })
    }
}
