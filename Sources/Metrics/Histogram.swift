// How long things took, or how large they were: counts by upper bound, added to by any thread without a lock. Made for what
// happens once a batch, a commit or a chunk, never once an event.
import Synchronization

public final class Histogram: Sendable {
    /// Rising upper bounds, in `unitsPerOne` parts of the unit that is shown (nanoseconds of a second: 1e9).
    public struct Bounds: Sendable {
        let values: [Int]
        let unitsPerOne: Double

        /// Every power of ten times each of `steps`, from 10^`first` on, `decades` of them, and 10 to the end.
        init(_ steps: [Double], first: Double, decades: Int, unitsPerOne: Double = 1) {
            var values: [Int] = []
            var power = first
            for _ in 0..<decades {
                values += steps.map { Int(($0 * power).rounded()) }
                power *= 10
            }
            self.values = values + [Int(power)]
            self.unitsPerOne = unitsPerOne
        }

        /// 100 µs to 10 s, near enough for a quantile.
        public static let fine = Bounds([1, 1.5, 2, 3, 5, 7], first: 1e5, decades: 5, unitsPerOne: 1e9)
        /// 1 ms to 100 s.
        public static let seconds = Bounds([1, 2.5, 5], first: 1e6, decades: 5, unitsPerOne: 1e9)
        /// 1 to 100,000 of something.
        public static let counts = Bounds([1, 2.5, 5], first: 1, decades: 5)
        /// 1 KB to 10 MB.
        public static let bytes = Bounds([1, 2.5, 5], first: 1e3, decades: 4)
    }

    private let bounds: Bounds
    /// One a bound, and one for what is above all of them.
    private let counts: [Counter]
    private let total = Counter()

    public init(_ bounds: Bounds) {
        self.bounds = bounds
        counts = (0...bounds.values.count).map { _ in Counter() }
    }

    /// `value`: in the unit's parts; less than nothing counts as nothing.
    public func observe(_ value: Int) {
        let value = max(0, value)
        counts[bounds.values.firstIndex { value <= $0 } ?? bounds.values.count].add()
        total.add(min(value, 1 << 52))
    }

    /// As Prometheus has it: how many were at most each bound, the last being without bound.
    package var buckets: [(bound: Double, count: Int)] {
        var sum = 0
        return counts.enumerated().map { index, counter in
            sum += counter.value
            let isLast = index == bounds.values.count
            return (isLast ? .infinity : Double(bounds.values[index]) / bounds.unitsPerOne, sum)
        }
    }

    package var sum: Double { Double(total.value) / bounds.unitsPerOne }

    public var count: Int { counts.reduce(0) { $0 + $1.value } }

    /// What the share `quantile` (0 to 1) does not exceed, in the shown unit: the place within its bucket as if that were
    /// filled evenly. 0 without any; the highest bound for what is above it.
    public func value(quantile: Double) -> Double {
        let buckets = buckets
        let wanted = Double(buckets.last?.count ?? 0) * quantile
        var below = 0
        var lower = 0.0
        for bucket in buckets where bucket.count > 0 {
            guard bucket.bound.isFinite else { break }
            if Double(bucket.count) >= wanted {
                let inside = Double(bucket.count - below)
                return inside > 0 ? lower + (bucket.bound - lower) * max(0, wanted - Double(below)) / inside : lower
            }
            below = bucket.count
            lower = bucket.bound
        }
        return buckets.last?.count == 0 ? 0 : Double(bounds.values.last ?? 0) / bounds.unitsPerOne
    }
}
