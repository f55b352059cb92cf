// What status says of the outbox: taken at one commit, so that its numbers agree with each other.
import Linux
import Metrics

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
    /// Free for everybody on its disk; nil before the first look.
    public var diskFreeBytes: Int?
    /// The same histograms in every snapshot of an outbox.
    public let commitSeconds = Histogram(.fine)
    public let commitEvents = Histogram(.counts)
    public let commitBytes = Histogram(.bytes)
    public var isFull = false

    public init() {}
}
