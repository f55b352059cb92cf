// A visitor's chain through a funnel: pure. One pass over the visitor's events in time's order keeps, for each step, the
// chain that reached it and began last: it has the most of its window left, so no other can get further. The longest
// chain counts; of several the one that was whole first, of those the one that began last.

/// An event of the funnel's, or (in strict order) any event.
struct FunnelEvent {
    var time: Int64
    /// Bit k: it can be step k. 0: it is no step.
    var steps: UInt16
    /// What the breakdown says of it.
    var value: Int32
}

struct FunnelChain: Equatable {
    /// When each step was reached; its count is how many were.
    var times: [Int64] = []
    /// The breakdown's value at the first.
    var value: Int32 = 0
    /// Whether a chain as long as this may still go on after `now`.
    var isInProgress = false
}

struct FunnelRunner {
    private struct Open {
        var start: Int64 = .min
        var value: Int32 = 0
        /// Times of steps 0…k of the chain.
        var times: [Int64]
    }

    let stepCount: Int
    let window: Int64?
    let isStrict: Bool
    /// A chain begins in [start, end).
    let start: Int64
    let end: Int64
    /// Until when events are known.
    let now: Int64
    private var open: [Open]
    private var next: [Open]

    init(stepCount: Int, window: Int64?, isStrict: Bool, start: Int64, end: Int64, now: Int64) {
        self.stepCount = stepCount
        self.window = window
        self.isStrict = isStrict
        self.start = start
        self.end = end
        self.now = now
        open = (0..<stepCount).map { Open(times: [Int64](repeating: 0, count: $0 + 1)) }
        next = open
    }

    /// The visitor's chain; `events` in time's order, those of one time by their lowest step, others last.
    mutating func run(_ events: some Collection<FunnelEvent>) -> FunnelChain {
        for step in 0..<stepCount { open[step].start = .min }
        var best = FunnelChain()
        for event in events {
            if isStrict {
                strict(event)
            } else {
                ordered(event)
            }
            // The furthest step that this event itself reached.
            var step = stepCount - 1
            while step >= best.times.count {
                if open[step].start != .min, open[step].times[step] == event.time, event.steps & 1 << UInt16(step) != 0
                {
                    best.times = open[step].times
                    best.value = open[step].value
                    break
                }
                step -= 1
            }
        }
        // In strict order a chain that another event ended is gone from `open`, whatever its window.
        let count = best.times.count
        if count > 0, count < stepCount, let window, open[count - 1].start != .min {
            best.isInProgress = open[count - 1].start + window > now
        }
        return best
    }

    private func fits(_ start: Int64, _ time: Int64) -> Bool {
        start != .min && (window.map { time - start <= $0 } ?? true)
    }

    private mutating func ordered(_ event: FunnelEvent) {
        // From the last step down, so that one event fills one step of a chain.
        var step = stepCount - 1
        while step > 0 {
            if event.steps & 1 << UInt16(step) != 0, open[step - 1].start > open[step].start,
                fits(open[step - 1].start, event.time)
            {
                extend(from: open[step - 1], to: &open[step], step, event.time)
            }
            step -= 1
        }
        begin(event, &open[0])
    }

    private mutating func strict(_ event: FunnelEvent) {
        for step in 0..<stepCount { next[step].start = .min }
        for step in 0..<stepCount where open[step].start != .min {
            let following = step + 1
            if following < stepCount, event.steps & 1 << UInt16(following) != 0, fits(open[step].start, event.time) {
                if open[step].start > next[following].start {
                    extend(from: open[step], to: &next[following], following, event.time)
                }
            } else if event.steps & 1 << UInt16(step) != 0, open[step].start > next[step].start {
                // A repeat of the current step.
                next[step] = open[step]
            }
        }
        begin(event, &next[0])
        swap(&open, &next)
    }

    private func extend(from: Open, to: inout Open, _ step: Int, _ time: Int64) {
        to.start = from.start
        to.value = from.value
        for index in 0..<step { to.times[index] = from.times[index] }
        to.times[step] = time
    }

    private func begin(_ event: FunnelEvent, _ first: inout Open) {
        // Of two that begin in one millisecond the first counts.
        guard event.steps & 1 != 0, event.time >= start, event.time < end, event.time > first.start else { return }
        first.start = event.time
        first.value = event.value
        first.times[0] = event.time
    }
}
