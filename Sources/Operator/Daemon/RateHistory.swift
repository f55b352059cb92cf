// How fast events moved in each second of the last minute, from counts looked at about once a second. A pure value; it
// belongs to the control thread.
import JSON
import Linux

package struct RateHistory {
    package static let seconds = 60
    /// The rates that are said as one number are of so many seconds.
    private static let recent = 5

    package struct Counts: Sendable, Equatable {
        package var received = 0
        package var forwarded = 0
        package var inserted = 0

        package init(received: Int = 0, forwarded: Int = 0, inserted: Int = 0) {
            self.received = received
            self.forwarded = forwarded
            self.inserted = inserted
        }
    }

    private var samples: [(at: Monotonic, counts: Counts)] = []

    package init() {}

    /// Keeps `counts` if the last ones are a second old.
    package mutating func add(_ counts: Counts, at now: Monotonic) {
        if let last = samples.last, Monotonic.milliseconds(from: last.at, to: now) < 950 { return }
        samples.append((now, counts))
        if samples.count > RateHistory.seconds + 1 { samples.removeFirst() }
    }

    /// Events a second, over the last few seconds.
    package func rate(_ count: (Counts) -> Int) -> Double {
        guard let last = samples.last else { return 0 }
        let first = samples[max(0, samples.count - 1 - RateHistory.recent)]
        return RateHistory.rate(from: first, to: last, count)
    }

    /// Events a second in each second, the oldest first, at most 60.
    package func rates(_ count: (Counts) -> Int) -> [Double] {
        zip(samples, samples.dropFirst()).map { RateHistory.rate(from: $0, to: $1, count) }
    }

    private static func rate(
        from: (at: Monotonic, counts: Counts), to: (at: Monotonic, counts: Counts), _ count: (Counts) -> Int
    ) -> Double {
        let seconds = Monotonic.seconds(from: from.at, to: to.at)
        return seconds > 0 ? Double(max(0, count(to.counts) - count(from.counts))) / seconds : 0
    }

    private static var names: [(String, (Counts) -> Int)] {
        [("received", \.received), ("forwarded", \.forwarded), ("inserted", \.inserted)]
    }

    /// The members `rates` and `history` of a status answer.
    func write(to o: inout JSONWriter) {
        o.key("rates")
        o.object { r in for (name, count) in RateHistory.names { r.member(name, rate(count)) } }
        o.key("history")
        o.object { h in
            h.member("interval_seconds", 1)
            for (name, count) in RateHistory.names {
                h.key(name)
                h.array { list in for value in rates(count) { list.double((value * 10).rounded() / 10) } }
            }
        }
    }
}

/// What this process has seen happen, of counts that partitions bring along when they come and take away when they go.
package struct PartitionCount {
    private var last: [Int32: Int] = [:]
    package private(set) var total = 0

    package init() {}

    package mutating func see(_ counts: [Int32: Int]) {
        for (partition, count) in counts { total += max(0, count - (last[partition] ?? count)) }
        last = counts
    }
}
