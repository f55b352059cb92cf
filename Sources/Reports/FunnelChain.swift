// A visitor's chain through a funnel: pure. One pass over the visitor's events in time's order keeps, for each step, the
// chain that reached it and began last: it has the most of its window left, so no other can get further. The longest
// chain counts; of several the one that was whole first, of those the one that began last.

/// An event of the funnel's, or (in strict order) any event.
struct FunnelEvent {
    var time: Int64
    /// Bit k: it can be step k. 0: it is no step.
    var steps: UInt16
    /// What the breakdown says of it.
    var value: Int32 = 0

    @inline(__always)
    static func packed(_ time: Int64, _ steps: UInt16) -> UInt64 { UInt64(bitPattern: time) &<< 16 | UInt64(steps) }

    @inline(__always)
    init(_ packed: UInt64) {
        time = Int64(bitPattern: packed) &>> 16
        steps = UInt16(truncatingIfNeeded: packed)
    }

    /// Its place among events of the same time.
    var rank: Int { steps == 0 ? 16 : steps.trailingZeroBitCount }
}

struct FunnelChain {
    /// When each step was reached; its count is how many were. Valid until the runner begins anew.
    var times: UnsafeBufferPointer<Int64>
    /// The breakdown's value at the first.
    var value: Int32
    /// Whether a chain as long as this may still go on after `now`.
    var isInProgress: Bool
}

final class FunnelRunner {
    /// A chain; its steps' times are a row of `Chains.times`.
    private struct Open {
        var start: Int64 = .min
        var value: Int32 = 0
    }

    /// For each step k the chain that reached it: where it began, and the times of its steps 0…k.
    private struct Chains {
        let open: UnsafeMutablePointer<Open>
        let times: UnsafeMutablePointer<Int64>

        init(_ stepCount: Int) {
            open = .allocate(capacity: stepCount)
            open.initialize(repeating: Open(), count: stepCount)
            times = .allocate(capacity: stepCount * stepCount)
            times.initialize(repeating: 0, count: stepCount * stepCount)
        }

        func free() {
            open.deallocate()
            times.deallocate()
        }
    }

    private let stepCount: Int
    private let window: Int64
    private let isStrict: Bool
    /// A chain begins in [start, end).
    private let start: Int64
    private let end: Int64
    /// Until when events are known.
    private let now: Int64
    private var chains: Chains
    private var next: Chains
    /// The best chain so far.
    private let best: UnsafeMutablePointer<Int64>
    private var bestCount = 0
    private var bestValue: Int32 = 0

    init(stepCount: Int, window: Int64?, isStrict: Bool, start: Int64, end: Int64, now: Int64) {
        self.stepCount = stepCount
        self.window = window ?? .max
        self.isStrict = isStrict
        self.start = start
        self.end = end
        self.now = now
        chains = Chains(stepCount)
        next = Chains(stepCount)
        best = .allocate(capacity: stepCount)
    }

    deinit {
        chains.free()
        next.free()
        best.deallocate()
    }

    /// Forgets the visitor before.
    func begin() {
        for step in 0..<stepCount { chains.open[step].start = .min }
        bestCount = 0
        bestValue = 0
    }

    /// Takes the visitor's events in time's order, those of one time by their lowest step, others last.
    @inline(__always)
    func add(_ event: FunnelEvent) {
        if isStrict {
            strict(event)
        } else {
            ordered(event)
        }
        // The furthest step that this event itself reached.
        var left = (event.steps &>> UInt16(bestCount)) &<< UInt16(bestCount)
        while left != 0 {
            let step = 15 &- left.leadingZeroBitCount
            let times = times(step)
            if chains.open[step].start != .min, times[step] == event.time {
                best.update(from: times, count: step &+ 1)
                bestCount = step &+ 1
                bestValue = chains.open[step].value
                return
            }
            left &= ~(1 &<< UInt16(step))
        }
    }

    /// The chain of the events added since `begin`.
    func chain() -> FunnelChain {
        var isInProgress = false
        // In strict order a chain that another event ended is gone from `chains`, whatever its window.
        if bestCount > 0, bestCount < stepCount, window != .max, chains.open[bestCount - 1].start != .min {
            isInProgress = chains.open[bestCount - 1].start + window > now
        }
        return FunnelChain(
            times: .init(start: best, count: bestCount), value: bestValue, isInProgress: isInProgress)
    }

    private func times(_ step: Int) -> UnsafeMutablePointer<Int64> { chains.times + step &* stepCount }

    private func fits(_ start: Int64, _ time: Int64) -> Bool { start != .min && time &- start <= window }

    @inline(__always)
    private func ordered(_ event: FunnelEvent) {
        // From the last step down, so that one event fills one step of a chain.
        var left = event.steps & ~1
        while left != 0 {
            let step = 15 &- left.leadingZeroBitCount
            left &= ~(1 &<< UInt16(step))
            let before = chains.open[step &- 1]
            if before.start > chains.open[step].start, fits(before.start, event.time) {
                extend(chains, step &- 1, to: chains, event.time)
            }
        }
        begin(event, in: chains)
    }

    private func strict(_ event: FunnelEvent) {
        for step in 0..<stepCount { next.open[step].start = .min }
        for step in 0..<stepCount where chains.open[step].start != .min {
            let open = chains.open[step]
            let following = step + 1
            if following < stepCount, event.steps & 1 << UInt16(following) != 0, fits(open.start, event.time) {
                if open.start > next.open[following].start { extend(chains, step, to: next, event.time) }
            } else if event.steps & 1 << UInt16(step) != 0, open.start > next.open[step].start {
                // A repeat of the current step.
                next.open[step] = open
                (next.times + step * stepCount).update(from: chains.times + step * stepCount, count: step + 1)
            }
        }
        begin(event, in: next)
        swap(&chains, &next)
    }

    /// Step `step` of `from`, and the next step at `time`, become that step's chain in `to`.
    private func extend(_ from: Chains, _ step: Int, to: Chains, _ time: Int64) {
        let following = step &+ 1
        to.open[following] = from.open[step]
        let room = to.times + following &* stepCount
        room.update(from: from.times + step &* stepCount, count: following)
        room[following] = time
    }

    @inline(__always)
    private func begin(_ event: FunnelEvent, in chains: Chains) {
        // Of two that begin in one millisecond the first counts.
        guard event.steps & 1 != 0, event.time >= start, event.time < end, event.time > chains.open[0].start else {
            return
        }
        chains.open[0] = Open(start: event.time, value: event.value)
        chains.times[0] = event.time
    }
}
