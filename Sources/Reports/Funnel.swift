// The funnel: every visitor's events that matter are gathered, then each visitor's chain is found and counted. Memory is
// 20 bytes a gathered event while it runs.
import Events
import Mongo
import Rollups

public struct FunnelReport: Sendable, Equatable {
    public struct Step: Sendable, Equatable {
        public let step: FunnelStep
        public var visitors = 0
        /// Reached the next.
        public var wentOn = 0
        public var inProgress = 0
        /// ms from the step before; nil for the first, and where nobody came.
        public var median: Int64?
        public var p90: Int64?

        public var left: Int { visitors - wentOn - inProgress }
    }

    public struct Segment: Sendable, Equatable {
        public let value: String?
        /// By step.
        public var visitors: [Int]
    }

    public let query: FunnelQuery
    public let period: Period
    public var steps: [Step]
    /// By their visitors, most first.
    public var segments: [Segment] = []

    public var visitors: Int { steps.first?.visitors ?? 0 }
    public var conversion: Double? { rate(steps.last?.visitors ?? 0, visitors) }

    public static func make(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ query: FunnelQuery, now: Int64
    ) throws(MongoError) -> FunnelReport {
        var counter = FunnelCounter(query)
        try FunnelVisitors.forEach(source, period, filters, query, now: now) { _, chain in counter.add(chain) }
        return counter.report(period)
    }
}

/// A visitor of a funnel.
struct FunnelVisitors {
    /// Gives each visitor's chain who reached the first step; segments' values are texts.
    static func forEach(
        _ source: any SegmentSource, _ period: Period, _ filters: Filters, _ query: FunnelQuery, now: Int64,
        _ visit: (VisitorID, (chain: FunnelChain, value: String?)) -> Void
    ) throws(MongoError) {
        let isStrict = query.mode == .strict
        let carries = query.breakdown == .referrer || query.breakdown == .campaign
        let walk = Walk(source, filters, carries: carries)
        // A chain that began within the period may end behind it.
        let end = query.window.map { min(period.end + $0, now + 1) } ?? now + 1
        var stepsOf: [UInt16] = []
        var names: [String?] = [nil]
        var places: [String: Int32] = [:]
        var valueOf: [Int32] = []
        var visitors: [Int32] = []
        var events: [UInt64] = []
        var values: [Int32] = []
        func place(_ text: String?) -> Int32 {
            guard let text else { return 0 }
            if let place = places[text] { return place }
            names.append(text)
            places[text] = Int32(names.count - 1)
            return Int32(names.count - 1)
        }
        try walk.run(from: period.start, to: max(end, period.end)) { segment in
            stepsOf = segment.kindNames.map { kind in
                query.steps.enumerated().reduce(0) { $1.element.matches(kind) ? $0 | 1 << UInt16($1.offset) : $0 }
            }
            switch query.breakdown {
            case .device: valueOf = segment.contextNames.map { place($0.device) }
            case .signedIn: valueOf = segment.contextNames.map { place($0.isSignedIn ? "true" : "false") }
            default: break
            }
        } onRow: { segment, row in
            let steps = stepsOf[Int(segment.kinds[row.row])]
            guard row.visitor >= 0, steps != 0 || isStrict else { return }
            visitors.append(row.visitor)
            events.append(UInt64(bitPattern: row.time) << 16 | UInt64(steps))
            switch query.breakdown {
            case nil: break
            case .device, .signedIn: values.append(valueOf[Int(segment.contexts[row.row])])
            case .referrer: values.append(row.referrer)
            case .campaign: values.append(row.campaign)
            }
        }
        if carries { names = walk.texts }
        var gathered = Gathered(visitors, events, values, count: walk.visitors.count)
        var runner = FunnelRunner(
            stepCount: query.steps.count, window: query.window, isStrict: isStrict, start: period.start,
            end: period.end, now: now)
        for visitor in 0..<walk.visitors.count {
            let chain = runner.run(gathered.events(of: visitor))
            guard !chain.times.isEmpty else { continue }
            visit(walk.visitors.ids[visitor], (chain, names[Int(chain.value)]))
        }
    }
}

/// Events by visitor, each visitor's in the order they were gathered: a counting sort.
private struct Gathered {
    private var starts: [Int32]
    private var sorted: [UInt64]
    private var values: [Int32] = []
    private var scratch: [FunnelEvent] = []

    init(_ visitors: [Int32], _ events: [UInt64], _ values: [Int32], count: Int) {
        var starts = [Int32](repeating: 0, count: count + 1)
        for visitor in visitors { starts[Int(visitor) + 1] &+= 1 }
        for index in 0..<count { starts[index + 1] &+= starts[index] }
        var places = starts
        var ordered = [Int32](repeating: 0, count: values.isEmpty ? 0 : events.count)
        sorted = [UInt64](unsafeUninitializedCapacity: events.count) { room, filled in
            for (index, visitor) in visitors.enumerated() {
                let place = Int(places[Int(visitor)])
                room[place] = events[index]
                if !values.isEmpty { ordered[place] = values[index] }
                places[Int(visitor)] &+= 1
            }
            filled = events.count
        }
        self.values = ordered
        self.starts = starts
    }

    mutating func events(of visitor: Int) -> [FunnelEvent] {
        scratch.removeAll(keepingCapacity: true)
        for index in Int(starts[visitor])..<Int(starts[visitor + 1]) {
            let packed = sorted[index]
            let event = FunnelEvent(
                time: Int64(packed >> 16), steps: UInt16(truncatingIfNeeded: packed),
                value: values.isEmpty ? 0 : values[index])
            // Of one time the lower step comes first, what is no step last.
            var place = scratch.count
            while place > 0, scratch[place - 1].time == event.time, Self.rank(scratch[place - 1]) > Self.rank(event) {
                place -= 1
            }
            scratch.insert(event, at: place)
        }
        return scratch
    }

    private static func rank(_ event: FunnelEvent) -> Int { event.steps == 0 ? 16 : event.steps.trailingZeroBitCount }
}

/// Counts chains into a report.
struct FunnelCounter {
    private let query: FunnelQuery
    private var reached: [Int]
    private var inProgress: [Int]
    /// Times from the step before, by step.
    private var took: [[Int64]]
    private var segments: [String?: [Int]] = [:]

    init(_ query: FunnelQuery) {
        self.query = query
        reached = [Int](repeating: 0, count: query.steps.count)
        inProgress = reached
        took = [[Int64]](repeating: [], count: query.steps.count)
    }

    mutating func add(_ visitor: (chain: FunnelChain, value: String?)) {
        let times = visitor.chain.times
        for step in times.indices {
            reached[step] += 1
            if step > 0 { took[step].append(times[step] - times[step - 1]) }
        }
        if visitor.chain.isInProgress { inProgress[times.count - 1] += 1 }
        guard query.breakdown != nil else { return }
        var counts = segments[visitor.value] ?? [Int](repeating: 0, count: reached.count)
        for step in times.indices { counts[step] += 1 }
        segments[visitor.value] = counts
    }

    func report(_ period: Period) -> FunnelReport {
        var steps = query.steps.map { FunnelReport.Step(step: $0) }
        for index in steps.indices {
            steps[index].visitors = reached[index]
            steps[index].wentOn = index + 1 < steps.count ? reached[index + 1] : 0
            steps[index].inProgress = inProgress[index]
            let sorted = took[index].sorted()
            steps[index].median = percentile(sorted, 50)
            steps[index].p90 = percentile(sorted, 90)
        }
        // Whoever reached the last step did not leave.
        if let last = steps.indices.last { steps[last].wentOn = steps[last].visitors }
        var report = FunnelReport(query: query, period: period, steps: steps)
        report.segments = segments.map { FunnelReport.Segment(value: $0.key, visitors: $0.value) }.sorted {
            $0.visitors[0] != $1.visitors[0]
                ? $0.visitors[0] > $1.visitors[0] : ($0.value ?? "") < ($1.value ?? "")
        }
        return report
    }
}

/// The nearest-rank percentile of sorted values; nil of none.
func percentile(_ sorted: [Int64], _ percent: Int) -> Int64? {
    guard !sorted.isEmpty else { return nil }
    return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
}
