// What status says of the outbox: taken at one commit, so that its numbers agree with each other.
import Linux

public struct OutboxSnapshot: Sendable {
    public var ledger = Ledger()
    public var usedBytes = 0
    public var fileBytes = 0
    public var walBytes = 0
    /// Of the dead letters.
    public var deadBytes = 0
    /// When the oldest event that is not delivered was committed (ms since 1970); nil with an empty outbox.
    public var oldestMilliseconds: Int64?
    public var commits = 0
    public var commitLatency = LatencyTable()
    public var isFull = false

    public init() {}
}

/// How long something took, in log-linear buckets: 16 a power of two, so that a figure is at most 6 % off.
public struct LatencyTable: Sendable {
    private var counts = [UInt64](repeating: 0, count: 16 * 40)
    public private(set) var count: UInt64 = 0

    public init() {}

    public mutating func add(nanoseconds: Int64) {
        counts[LatencyTable.bucket(UInt64(max(0, nanoseconds)) / 64)] += 1
        count += 1
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= 16 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return min((exponent - 3) * 16 + Int(value >> UInt64(exponent - 4)) - 16, 16 * 40 - 1)
    }

    private static func upperBound(_ bucket: Int) -> UInt64 {
        guard bucket >= 16 else { return UInt64(bucket + 1) }
        let exponent = bucket / 16 + 3
        return (UInt64(bucket % 16) + 17) << UInt64(exponent - 4)
    }

    /// The latency that the share `quantile` (0 to 1) does not exceed, in milliseconds; 0 without any.
    public func milliseconds(quantile: Double) -> Double {
        guard count > 0 else { return 0 }
        let wanted = UInt64((Double(count) * quantile).rounded(.up))
        var seen: UInt64 = 0
        for (index, amount) in counts.enumerated() {
            seen += amount
            if seen >= max(wanted, 1) { return Double(LatencyTable.upperBound(index) * 64) / 1e6 }
        }
        return 0
    }
}
