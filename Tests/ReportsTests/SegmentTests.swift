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

    @Test("damaged columns are noticed where they do not fit each other, and never trap", arguments: 1...20)
    func damage(seed: Int) throws {
        var random = Seeded(seed)
        let document = build(day, RandomHistory.facts(seed, count: 60)).documents()[0].bytes
        var noticed = 0
        for _ in 0..<2000 {
            var bytes = document
            bytes[Int.random(in: 4..<bytes.count - 1, using: &random)] = UInt8.random(in: 0...255, using: &random)
            bytes.withUnsafeBytes { bytes in
                guard let view = BSONView(bytes), let segment = Segment(view) else {
                    noticed += 1
                    return
                }
                // What is taken for whole can be walked and merged.
                #expect(segment.runs.count == segment.visitors.count && segment.kinds.count == segment.times.count)
                #expect(segment.runs.reduce(0) { $0 + Int($1) } <= segment.times.count)
                #expect(segment.kinds.allSatisfy { Int($0) < segment.kindNames.count })
                _ = Segment.merge([segment], into: segment.place)
            }
        }
        #expect(noticed > 0)
    }

    @Test("events of now are marked by the minute whatever else is sent, and a forger's marks stay few, for hours")
    func forger() {
        let start: Int64 = 1_790_000_000_000
        var random = Seeded(1)
        var budget = MarkBudget()
        var marked = Set<SegmentPlace>()
        let batches = 1800
        for batch in 0..<batches {
            let now = start + Int64(batch) * 10_000
            let honest = now - Int64.random(in: 0..<3_000_000, using: &random)
            // Ten years back, and the day ahead that event time may reach.
            let forged = (0..<200).map { index in
                index % 2 == 0
                    ? now - Int64.random(in: 0..<315_000_000_000, using: &random)
                    : now + Int64.random(in: 120_000..<86_400_000, using: &random)
            }
            let places = RollupMarks.places([honest] + forged, &budget, now: now)
            #expect(places[SegmentPlace(.minute, holding: SegmentPlace.minute(of: honest))] != nil)
            #expect(places.values.reduce(0, +) == 201)
            for time in forged {
                let minute = SegmentPlace.minute(of: time)
                #expect(SegmentLevel.allCases.contains { places[SegmentPlace($0, holding: minute)] != nil })
            }
            marked.formUnion(places.keys)
        }
        let minutes = marked.count { $0.level == .minute }
        let stretches = batches * 10_000 / 600_000
        #expect(minutes <= (stretches + 1) * MarkBudget.others + 62 + batches / 6 + 1)
        #expect(marked.count { $0.level == .hour } <= 8 * 24 + batches / 360 + 2)
        #expect(marked.count { $0.level == .day } <= 3655)
    }

    @Test("late events are marked by the minute while they are few")
    func late() {
        let now: Int64 = 1_790_000_000_000
        var budget = MarkBudget()
        let late = (0..<200).map { now - Int64($0) * 60_000_000 }
        for _ in 0..<50 {
            let places = RollupMarks.places(late, &budget, now: now)
            #expect(places.count == late.count && places.keys.allSatisfy { $0.level == .minute })
        }
    }

    @Test("the present is rolled up before a backlog, and what claims to be of the future last")
    func order() {
        let now: Int64 = 1_790_000_000_000
        let minute = SegmentPlace.minute(of: now)
        let marks = [2000, 30, -1, 0, 5, -900].map {
            RollupMark(place: SegmentPlace(.minute, minute: minute - $0), token: 1, since: now, events: 1)
        }
        #expect(RollupPlan().ordered(marks, at: now).map { minute - $0.place.minute } == [-1, 0, 5, 30, 2000, -900])
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
        plan.didWork(minute, at: minute.end - 5000, cost: 9000)
        #expect(!plan.isDue(mark(1), at: minute.end + 1999))
        #expect(plan.isDue(mark(1), at: minute.end + 2000), "a minute that is over is rolled up, whatever it cost")
        plan.didWork(minute, at: minute.end + 2000, cost: 9000)
        #expect(!plan.isDue(mark(1), at: minute.end + 37_999), "once")
        #expect(plan.isDue(mark(1), at: minute.end + 38_000))
    }
}
