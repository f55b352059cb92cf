// What status says of the consumer: the ledger of the partitions this process has, and its lag.
import Linux

public struct ConsumerSnapshot: Sendable {
    public var ledger = ConsumerLedger()
    /// Records in Kafka that are not finished.
    public var lag = 0
    public var partitions = 0

    public init() {}
}

extension ConsumerSnapshot {
    /// `high`: the end of a partition in Kafka, where known.
    init(_ partitions: [Int32: PartitionState], high: (Int32) -> Int64?) {
        self.partitions = partitions.count
        for (partition, state) in partitions {
            var ledger = state.stored.ledger
            let unstored = state.finished.ledger.consumed - state.stored.ledger.consumed
            ledger.pending = state.pending + unstored
            ledger.consumed += ledger.pending
            self.ledger += ledger
            if let high = high(partition), high > state.stored.next { lag += Int(high - state.stored.next) }
        }
    }
}
