// What status says of the consumer: the ledger of the partitions this process has, and its lag.
import Linux

public struct ConsumerSnapshot: Sendable {
    public var ledger = ConsumerLedger()
    /// Records in Kafka that are not finished.
    public var lag = 0
    public var partitions = 0
    /// By partition, as MongoDB has it: for metrics, whose counters must not fall when a partition goes elsewhere.
    public var parts: [Part] = []
    /// When the oldest record that was polled and is not in MongoDB came into Kafka (ms since 1970); nil without one.
    public var oldestMilliseconds: Int64?

    public struct Part: Sendable {
        public let partition: Int32
        public let stored: ConsumerLedger
        /// Records in Kafka that are not finished.
        public let lag: Int
    }

    public init() {}
}

extension ConsumerSnapshot {
    /// `waitingSince`: when records that are not in MongoDB came into Kafka, 0 where not known; `high`: the end of a partition
    /// in Kafka, where known.
    init(_ partitions: [Int32: PartitionState], waitingSince times: [Int64], high: (Int32) -> Int64?) {
        self.partitions = partitions.count
        for (partition, state) in partitions.sorted(by: { $0.key < $1.key }) {
            var ledger = state.stored.ledger
            let unstored = state.finished.ledger.consumed - state.stored.ledger.consumed
            ledger.pending = state.pending + unstored
            ledger.consumed += ledger.pending
            self.ledger += ledger
            var behind = 0
            if let high = high(partition), high > state.stored.next { behind = Int(high - state.stored.next) }
            lag += behind
            parts.append(Part(partition: partition, stored: state.stored.ledger, lag: behind))
        }
        // While nothing is behind, nothing is old.
        oldestMilliseconds = lag > 0 ? times.filter { $0 > 0 }.min() : nil
    }
}

extension Conditions {
    /// What the consumer's numbers say of events that are in danger, or gone.
    func consumerIs(_ consumer: ConsumerSnapshot, _ retention: TopicRetention?) {
        set("retention", retention?.warning(oldest: consumer.oldestMilliseconds, now: WallClock.nowMilliseconds))
        let skipped = consumer.ledger.skipped
        set("skipped", skipped > 0 ? "\(skipped) events left Kafka before they were consumed" : nil)
    }
}
