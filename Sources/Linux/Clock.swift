// Two clocks: monotonic for order and deadlines, wall clock for what people and documents are told.

public struct Monotonic: Sendable, Comparable {
    /// Nanoseconds since boot.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static var now: Monotonic {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Monotonic(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    public static func < (a: Monotonic, b: Monotonic) -> Bool { a.nanoseconds < b.nanoseconds }

    public func adding(milliseconds: Int) -> Monotonic {
        Monotonic(nanoseconds: nanoseconds &+ Int64(milliseconds) &* 1_000_000)
    }

    /// Whole milliseconds from now until this instant, at least 0, rounded up: fit for poll(2).
    public var millisecondsFromNow: Int32 {
        let left = (nanoseconds - Monotonic.now.nanoseconds + 999_999) / 1_000_000
        return Int32(clamping: max(0, left))
    }

    public static func milliseconds(from: Monotonic, to: Monotonic) -> Int {
        Int((to.nanoseconds - from.nanoseconds) / 1_000_000)
    }

    public static func seconds(from: Monotonic, to: Monotonic) -> Double {
        Double(to.nanoseconds - from.nanoseconds) / 1e9
    }
}

public enum WallClock {
    /// A clock before this says nothing true: clickd did not exist then (2026-01-01).
    public static let earliestMilliseconds: Int64 = 1_767_225_600_000

    /// Milliseconds since 1970.
    public static var nowMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
