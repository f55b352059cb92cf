// Segments: what goes in comes out, whatever the way; damage is noticed.
import Events
import Mongo
import Rollups
import Testing

@Suite("Segments keep events as columns")
struct SegmentTests {
    private let day = SegmentPlace(.day, minute: SegmentPlace.minute(of: RandomHistory.start))

    private func bytes(_ segment: Segment) -> [[UInt8]] { segment.documents().map(\.bytes) }

    private func build(_ place: SegmentPlace, _ facts: some Sequence<Fact>) -> Segment {
        var builder = SegmentBuilder(place)
        for fact in facts { builder.add(fact) }
        return builder.finish()
    }

    @Test("rows come out by visitor and time, none lost, none doubled", arguments: 1...10)
    func order(seed: Int) throws {
        let facts = RandomHistory.facts(seed).filter { $0.time < day.end }
        let segment = build(day, facts)
        #expect(segment.rowCount == facts.count)
        var row = 0
        for (index, id) in segment.visitors.enumerated() {
            let own = facts.filter { $0.visitor.map { VisitorID($0) } == id }.sorted(by: Fact.precedes)
            #expect(own.count == Int(segment.runs[index]))
            #expect(segment.visitorNames[index] == own.first?.visitor)
            for fact in own {
                #expect(day.start + Int64(segment.times[row]) == fact.time)
                #expect(segment.kindNames[Int(segment.kinds[row])] == fact.kind)
                #expect(segment.contextNames[Int(segment.contexts[row])] == fact.context)
                row += 1
            }
        }
        #expect(segment.visitors == segment.visitors.sorted())
    }

    @Test("minutes merged to hours merged to a day hold what the day made at once holds", arguments: 1...10)
    func merging(seed: Int) throws {
        let facts = RandomHistory.facts(seed).filter { $0.time < day.end }
        var hours: [Segment] = []
        for hour in 0..<Int64(24) {
            let place = SegmentPlace(.hour, minute: day.minute + 60 * hour)
            let minutes = (0..<Int64(60)).map {
                build(SegmentPlace(.minute, minute: place.minute + $0), facts.shuffled())
            }
            hours.append(Segment.merge(minutes, into: place))
        }
        let merged = Segment.merge(hours, into: day)
        let whole = build(day, facts)
        #expect(merged.times == whole.times)
        #expect(merged.visitors == whole.visitors)
        #expect(merged.visitorNames == whole.visitorNames)
        for row in 0..<whole.rowCount {
            #expect(merged.kindNames[Int(merged.kinds[row])] == whole.kindNames[Int(whole.kinds[row])])
            #expect(merged.contextNames[Int(merged.contexts[row])] == whole.contextNames[Int(whole.contexts[row])])
        }
        #expect(merged.orders.map(\.id) == whole.orders.map(\.id))
        #expect(merged.orders.map(\.revenue) == whole.orders.map(\.revenue))
        #expect(merged.searches.count == whole.searches.count)
        #expect(
            Set(zip(merged.productIDs, merged.productNames).map { "\($0) \($1)" })
                == Set(zip(whole.productIDs, whole.productNames).map { "\($0) \($1)" }))
    }

    @Test("an emptied minute covers what its day says of it")
    func covering() {
        let kind = FactKind(activity: nil, type: "page", event: nil)
        let facts = [0, 61_000, 130_000].map { Fact(time: day.start + $0, visitor: "a:1", kind: kind) }
        let merged = Segment.merge(
            [build(day, facts), build(SegmentPlace(.minute, minute: day.minute + 1), [])], into: day)
        #expect(merged.times == [0, 130_000])
    }

    @Test("a segment too large for one document is several, each below MongoDB's limit")
    func parts() throws {
        var builder = SegmentBuilder(day)
        let pad = String(repeating: "x", count: 240)
        for index in 0..<120_000 {
            var fact = Fact(
                time: day.start + Int64(index % 86_400_000), visitor: "a:\(index)\(pad)",
                kind: FactKind(activity: .viewProduct, type: "track", event: "view_item"))
            fact.lines = [FactLine(product: "\(index)", name: pad)]
            builder.add(fact)
        }
        let documents = builder.finish().documents()
        #expect(documents.count > 1)
        #expect(documents.allSatisfy { $0.fault == nil && $0.bytes.count < 16 << 20 })
        let read = documents.compactMap { $0.withView { Segment($0) } ?? nil }
        #expect(read.count == documents.count)
        #expect(read.reduce(0) { $0 + $1.rowCount } == 120_000)
        #expect(Set(read.flatMap(\.productIDs)).count == 120_000)
        #expect(Segment.merged(read).first?.visitors.count == 120_000)
    }

    @Test("damaged columns are noticed and never trap", arguments: 1...20)
    func damage(seed: Int) throws {
        var random = Seeded(seed)
        let document = build(day, RandomHistory.facts(seed, count: 60)).documents()[0].bytes
        for _ in 0..<2000 {
            var bytes = document
            bytes[Int.random(in: 4..<bytes.count - 1, using: &random)] = UInt8.random(in: 0...255, using: &random)
            bytes.withUnsafeBytes { bytes in
                guard let view = BSONView(bytes), let segment = Segment(view) else { return }
                // What is taken for whole can be walked and merged.
                _ = Segment.merge([segment], into: segment.place)
            }
        }
    }

    @Test("a batch marks its newest minutes singly, and what it strews wider by day")
    func marks() {
        let now: Int64 = 1_790_000_000_000
        let near = (0..<50).map { now - Int64($0) * 60_000 }
        let forged = (0..<5000).map { now - Int64($0) * 60_000_000 }
        #expect(RollupMarks.places(near).keys.allSatisfy { $0.level == .minute })
        let places = RollupMarks.places(near + forged)
        #expect(places.keys.filter { $0.level == .minute }.count == RollupMarks.minutesOfBatch)
        #expect(places.values.reduce(0, +) == near.count + forged.count)
        for time in near + forged {
            let minute = SegmentPlace.minute(of: time)
            #expect(
                places[SegmentPlace(.minute, holding: minute)] != nil
                    || places[SegmentPlace(.day, holding: minute)] != nil)
        }
    }

    @Test("a marked minute is rolled up at once, then not before four times its cost; a flood waits")
    func plan() {
        var plan = RollupPlan()
        let minute = SegmentPlace(.minute, minute: 100)
        func mark(_ events: Int64, since: Int64 = 0) -> RollupMark {
            RollupMark(place: minute, token: 1, since: since, events: events)
        }
        #expect(plan.isDue(mark(1), at: 0))
        #expect(!plan.isDue(mark(4000), at: 999))
        #expect(plan.isDue(mark(4000), at: 1000))
        #expect(!plan.isDue(mark(1_000_000), at: 19_999))
        #expect(plan.isDue(mark(1_000_000), at: 20_000), "nothing waits longer, however much there is")
        #expect(plan.isDue(mark(1_000_000, since: 5000), at: 0), "a clock set back stops nothing")
        plan.didWork(minute, at: 1000, cost: 900)
        #expect(!plan.isDue(mark(1), at: 4599))
        #expect(plan.isDue(mark(1), at: 4600))
    }
}
