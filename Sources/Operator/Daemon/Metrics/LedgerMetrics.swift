// The ledger and the outbox for Prometheus. A counter here never falls, also across a kill, a rebalance and a retry of dead
// letters (docs/decisions/0011): counted is what is committed, and what goes up and down is a gauge.
import Events
import Linux
import Metrics
import Pipeline

extension MetricsText {
    mutating func ledger(_ outbox: OutboxSnapshot?, _ consumer: ConsumerSnapshot?, isDirect: Bool) {
        if let ledger = outbox?.ledger { intakeLedger(ledger) }
        if let consumer {
            consumerLedger(consumer.parts.map { ($0.stored, [("partition", String($0.partition))]) })
            gauge(
                "clickd_consumer_pending_events", "Polled from Kafka, and not finished.", consumer.ledger.pending)
        } else if isDirect, let ledger = outbox?.ledger {
            consumerLedger([(ledger.consumer, [])])
        }
    }

    private mutating func intakeLedger(_ ledger: Ledger) {
        counter(
            "clickd_received_total", "Events taken in whose fate is committed: stored or rejected.",
            ledger.received - ledger.pending)
        counter("clickd_stored_total", "Events stored and synced.", ledger.stored)
        family(
            "clickd_rejected_total", .counter, "Events refused, by reason; `full` are datagrams that had no room.",
            Rejection.allCases.map { .init(ledger.rejected[Int($0.rawValue)], ("code", $0.code)) })
        gauge("clickd_pending_events", "Events read that wait for the commit that runs.", ledger.pending)
        gauge("clickd_outbox_events", "Events stored and not delivered.", ledger.outbox)
        counter("clickd_forwarded_total", "Events delivered, and gone from the outbox.", ledger.forwarded)
        gauge("clickd_dead_events", "Dead letters that lie in the outbox now.", ledger.dead)
        counter("clickd_dropped_total", "Dead letters given up by hand.", ledger.dropped)
        counter("clickd_lost_total", "Stored events lost with a damaged disk.", ledger.lost)
        counter(
            "clickd_datagrams_lost_total", "Datagrams that the kernel dropped before clickd could read them.",
            ledger.datagramsLost)
    }

    private typealias Consumed = (ledger: ConsumerLedger, labels: [(name: String, value: String)])

    private mutating func consumerLedger(_ parts: [Consumed]) {
        func samples(_ value: (ConsumerLedger) -> Int) -> [Sample] {
            parts.map { .init(Double(value($0.ledger)), labels: $0.labels) }
        }
        family(
            "clickd_consumed_total", .counter, "Records finished: inserted, a duplicate, or dead.",
            samples { $0.consumed })
        family("clickd_inserted_total", .counter, "Events written to MongoDB.", samples { $0.inserted })
        family(
            "clickd_duplicates_total", .counter, "Events that MongoDB had already, from elsewhere.",
            samples { $0.duplicates })
        family(
            "clickd_consumer_dead_events", .gauge, "Events set aside in MongoDB's dead letters.", samples { $0.dead })
        family(
            "clickd_skipped_total", .counter, "Records that left Kafka before they were consumed.",
            samples { $0.skipped })
    }

    mutating func outbox(_ outbox: OutboxSnapshot, maxBytes: Int, floor: Int) {
        gauge("clickd_outbox_bytes", "Room that stored events take.", outbox.usedBytes)
        gauge("clickd_outbox_limit_bytes", "outbox.max_bytes: at this, no new events are taken.", maxBytes)
        gauge("clickd_outbox_file_bytes", "The database file, with pages that are free.", outbox.fileBytes)
        gauge("clickd_outbox_wal_bytes", "Written to the log since it was last copied into the file.", outbox.walBytes)
        gauge("clickd_outbox_disk_free_bytes", "Free on the outbox's disk.", outbox.diskFreeBytes)
        gauge("clickd_outbox_disk_floor_bytes", "outbox.min_free_bytes: below, no new events are taken.", floor)
        gauge("clickd_outbox_oldest_seconds", "Age of the oldest event that is not delivered.", outbox.oldestSeconds)
        histogram(
            "clickd_outbox_commit_seconds", "A commit with its fsync: what an acknowledged event waits for at least.",
            outbox.commitSeconds)
        histogram("clickd_outbox_commit_events", "Events in a commit.", outbox.commitEvents)
        histogram("clickd_outbox_commit_bytes", "Bytes in a commit.", outbox.commitBytes)
    }

    mutating func consumer(_ consumer: ConsumerSnapshot, _ retention: TopicRetention?) {
        gauge("clickd_consumer_partitions", "Partitions that this process consumes.", consumer.partitions)
        family(
            "clickd_consumer_lag_events", .gauge, "Records in Kafka that are not in MongoDB yet.",
            consumer.parts.map { .init($0.lag, ("partition", String($0.partition))) })
        gauge(
            "clickd_consumer_oldest_seconds", "Age of the oldest record that was polled and is not in MongoDB.",
            consumer.oldestSeconds)
        guard let retention else { return }
        func seconds(_ milliseconds: Int64?) -> Double { milliseconds.map { Double($0) / 1000 } ?? .infinity }
        gauge(
            "clickd_kafka_retention_seconds", "How long the topic keeps a record (retention.ms).",
            seconds(retention.milliseconds))
        gauge(
            "clickd_kafka_retention_left_seconds",
            "How long until Kafka may delete the oldest record that is not in MongoDB.",
            seconds(retention.left(oldest: consumer.oldestMilliseconds, now: WallClock.nowMilliseconds)))
    }
}

extension OutboxSnapshot {
    /// Of the oldest event that is not delivered; 0 without one.
    var oldestSeconds: Double {
        guard ledger.outbox > 0, let oldestMilliseconds else { return 0 }
        return Double(max(0, WallClock.nowMilliseconds - oldestMilliseconds)) / 1000
    }
}

extension ConsumerSnapshot {
    /// Of the oldest record that was polled and is not in MongoDB; 0 without one.
    var oldestSeconds: Double {
        oldestMilliseconds.map { Double(max(0, WallClock.nowMilliseconds - $0)) / 1000 } ?? 0
    }
}
