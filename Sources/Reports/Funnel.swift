// The funnel: every visitor's events that matter are gathered (FunnelTally), then each visitor's chain is found
// (FunnelChain) and counted.
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
        let tally = FunnelTally(query, period, now: now)
        let walk = Walk(source, filters, carries: tally.carries)
        try walk.run(from: period.start, [tally])
        return tally.report(walk)
    }
}

/// Counts chains into a report.
struct FunnelCounter {
    private let query: FunnelQuery
    private let stepCount: Int
    private let reached: Cells<Int>
    private let inProgress: Cells<Int>
    /// Times from the step before, by step.
    private let took: [Cells<Int64>]
    /// Who reached each step, by the breakdown's value.
    private let values = Cells<Int>(0)

    init(_ query: FunnelQuery) {
        self.query = query
        stepCount = query.steps.count
        reached = Cells(0, count: stepCount)
        inProgress = Cells(0, count: stepCount)
        took = query.steps.map { _ in Cells(0) }
    }

    func add(_ chain: FunnelChain) {
        let times = chain.times
        let isBroken = query.breakdown != nil
        for step in 0..<times.count {
            reached.at(step).pointee += 1
            if step > 0 { took[step].append(times[step] - times[step - 1]) }
            if isBroken { values.at(Int(chain.value) * stepCount + step).pointee += 1 }
        }
        if chain.isInProgress { inProgress.at(times.count - 1).pointee += 1 }
    }

    /// Adds what another has counted, of other visitors.
    func add(_ other: FunnelCounter) {
        for step in 0..<stepCount {
            reached.at(step).pointee += other.reached.cells[step]
            inProgress.at(step).pointee += other.inProgress.cells[step]
            took[step].append(other.took[step])
        }
        for (place, count) in other.values.cells.enumerated() { values.at(place).pointee += count }
    }

    /// `texts`: the breakdown's values.
    func report(_ period: Period, _ texts: [String?]) -> FunnelReport {
        var steps = query.steps.map { FunnelReport.Step(step: $0) }
        for index in steps.indices {
            steps[index].visitors = reached.cells[index]
            steps[index].wentOn = index + 1 < steps.count ? reached.cells[index + 1] : 0
            steps[index].inProgress = inProgress.cells[index]
            steps[index].median = percentile(took[index].cells, 50)
            steps[index].p90 = percentile(took[index].cells, 90)
        }
        // Whoever reached the last step did not leave.
        if let last = steps.indices.last { steps[last].wentOn = steps[last].visitors }
        var report = FunnelReport(query: query, period: period, steps: steps)
        for (place, text) in texts.enumerated() where place * stepCount < values.count {
            let visitors = (0..<stepCount).map { values.at(place * stepCount + $0).pointee }
            if visitors[0] > 0 { report.segments.append(.init(value: text, visitors: visitors)) }
        }
        report.segments.sort {
            $0.visitors[0] != $1.visitors[0]
                ? $0.visitors[0] > $1.visitors[0] : ($0.value ?? "") < ($1.value ?? "")
        }
        return report
    }
}
