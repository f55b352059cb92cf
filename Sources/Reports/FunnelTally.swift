// Gathers the events that a funnel's steps ask for: 8 bytes an event, 4 more with a breakdown, in the order they are met,
// and a link from each visitor's visit to the one before. So nothing is sorted: a visitor's events are their visits, one
// after the other.
import Events
import Linux
import Rollups

final class FunnelTally: Tally {
    let columns: SegmentColumns = []
    let end: Int64
    /// Referrers and campaigns come from the walk.
    let carries: Bool
    /// What devices and whether signed in are called.
    private var texts: [String?] = [nil]
    private let query: FunnelQuery
    private let period: Period
    private let now: Int64
    private var textPlaces: [String: Int32] = [:]
    private var stepsOf: [UInt16] = []
    private var valueOf: [Int32] = []
    /// Time, and the steps that it can be.
    private let events = Cells<UInt64>(0)
    /// Beside each event what the breakdown says of it, where there is one.
    private let values = Cells<Int32>(0)
    private let visits = Cells(Gathered(start: 0, count: 0, before: -1))
    /// The last visit of each visitor; -1 for none.
    private let last = Cells<Int32>(-1)

    private struct Gathered {
        let start: Int
        let count: Int32
        /// Of the same visitor; -1 for none.
        let before: Int32
    }

    init(_ query: FunnelQuery, _ period: Period, now: Int64) {
        (self.query, self.period, self.now) = (query, period, now)
        carries = query.breakdown == .referrer || query.breakdown == .campaign
        // A chain that began within the period may end behind it.
        end = max(query.window.map { min(period.end + $0, now + 1) } ?? now + 1, period.end)
    }

    func begin(_ segment: Segment) {
        stepsOf = segment.kindNames.map { kind in
            query.steps.enumerated().reduce(0) { $1.element.matches(kind) ? $0 | 1 << UInt16($1.offset) : $0 }
        }
        switch query.breakdown {
        case .device: valueOf = segment.contextNames.map { place($0.device) }
        case .signedIn: valueOf = segment.contextNames.map { place($0.isSignedIn ? "true" : "false") }
        default: break
        }
    }

    private func place(_ text: String?) -> Int32 {
        guard let text else { return 0 }
        if let place = textPlaces[text] { return place }
        texts.append(text)
        let place = Int32(truncatingIfNeeded: texts.count - 1)
        textPlaces[text] = place
        return place
    }

    func expect(_ visitor: Int) { last.expect(visitor) }

    func add(_ visit: Visit, of segment: Segment) {
        guard visit.visitor >= 0 else { return }
        let isStrict = query.mode == .strict
        let start = events.count
        for row in visit.rows {
            let steps = stepsOf[Int(row.kind)]
            guard steps != 0 || isStrict else { continue }
            events.append(FunnelEvent.packed(row.time, steps))
            switch query.breakdown {
            case nil: break
            case .device, .signedIn: values.append(valueOf[Int(row.context)])
            case .referrer: values.append(row.referrer)
            case .campaign: values.append(row.campaign)
            }
            settle(from: start)
        }
        guard events.count > start else { return }
        let last = last.at(Int(visit.visitor))
        visits.append(
            Gathered(start: start, count: Int32(truncatingIfNeeded: events.count - start), before: last.pointee))
        last.pointee = Int32(truncatingIfNeeded: visits.count - 1)
    }

    /// Moves the event that came last before those of its time whose step is later: of one time the lower step comes
    /// first, what is no step last. They are always of one visit.
    private func settle(from start: Int) {
        var place = events.count &- 1
        while place > start, (events.base[place &- 1] ^ events.base[place]) &>> 16 == 0 {
            let (before, after) = (FunnelEvent(events.base[place - 1]), FunnelEvent(events.base[place]))
            guard before.rank > after.rank else { return }
            (events.base[place - 1], events.base[place]) = (events.base[place], events.base[place - 1])
            if query.breakdown != nil {
                (values.base[place - 1], values.base[place]) = (values.base[place], values.base[place - 1])
            }
            place -= 1
        }
    }

    // MARK: After the walk

    func report(_ walk: Walk) -> FunnelReport {
        let parts = inParts { visitors in
            let counter = FunnelCounter(query)
            forEachChain(of: visitors) { counter.add($1) }
            return counter
        }
        for part in parts.dropFirst() { parts[0].add(part) }
        return parts[0].report(period, carries ? walk.texts : texts)
    }

    /// What `body` makes of all visitors, some at a time; it runs on several threads at once.
    func inParts<Part>(_ body: (Range<Int>) -> Part) -> [Part] { Parts.map(last.count, smallest: 50_000, body) }

    /// Gives each visitor's chain who reached the first step, by the visitor's number; valid until the next.
    func forEachChain(of visitors: Range<Int>, _ visit: (Int, FunnelChain) -> Void) {
        let runner = FunnelRunner(
            stepCount: query.steps.count, window: query.window, isStrict: query.mode == .strict, start: period.start,
            end: period.end, now: now)
        let own = Cells<Int32>(0)
        for visitor in visitors {
            expect(visitsAfter: visitor)
            var count = 0
            var number = last.base[visitor]
            while number >= 0 {
                own.at(count).pointee = number
                count &+= 1
                number = visits.base[Int(number)].before
            }
            guard count > 0 else { continue }
            runner.begin()
            while count > 0 {
                count &-= 1
                addEvents(of: visits.base[Int(own.base[count])], to: runner)
            }
            let chain = runner.chain()
            if !chain.times.isEmpty { visit(visitor, chain) }
        }
    }

    /// Asks for what visitors further on will need: their last visit, and of nearer ones that visit's events.
    @inline(__always)
    private func expect(visitsAfter visitor: Int) {
        if visitor &+ 16 < last.count {
            let far = last.base[visitor &+ 16]
            if far >= 0 { visits.expect(Int(far)) }
            let near = last.base[visitor &+ 8]
            if near >= 0 { events.expect(visits.base[Int(near)].start) }
        }
    }

    @inline(__always)
    private func addEvents(of visit: Gathered, to runner: FunnelRunner) {
        let hasValues = query.breakdown != nil
        for index in visit.start..<visit.start + Int(visit.count) {
            var event = FunnelEvent(events.base[index])
            if hasValues { event.value = values.base[index] }
            runner.add(event)
        }
    }
}
