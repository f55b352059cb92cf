// What status says of the consumer: the ledger of the partitions this process has, and its lag.
import Linux

public struct ConsumerSnapshot: Sendable {
    public var ledger = ConsumerLedger()
    /// Records in Kafka that are not finished.
    public var lag = 0
    public var partitions = 0

    public init() {}
}
