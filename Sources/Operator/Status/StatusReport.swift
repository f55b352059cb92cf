// `clickd status --json`: one object, every number of the ledger from one committed snapshot. Its names are relied on
// from outside.
import Events
import JSON
import Linux
import Pipeline

struct StatusReport {
    let pipeline: Pipeline
    let history: RateHistory

    func json() -> [UInt8] {
        let outbox = pipeline.outboxSnapshot?.withLock { $0 }
        let consumer = pipeline.consumerSnapshot?.withLock { $0 }
        let conditions = pipeline.conditions.all
        let isDirect = pipeline.settings.pipeline.mode == .direct
        var writer = JSONWriter()
        writer.object { o in
            o.member("version", Version.text)
            o.member("host", pipeline.settings.host.name)
            o.member("state", DaemonState(pipeline).rawValue)
            o.key("reasons")
            o.array { list in for condition in conditions { list.string("\(condition.part): \(condition.reason)") } }
            o.key("conditions")
            o.array { list in for one in conditions { list.object { condition(&$0, one) } } }
            let since = conditions.map(\.sinceMilliseconds).min() ?? pipeline.startedMilliseconds
            o.member("since", time(since))
            o.member("since_seconds", age(since))
            o.member("uptime_seconds", age(pipeline.startedMilliseconds))
            o.member("mode", pipeline.settings.pipeline.mode.rawValue)
            o.member("pid", Int(getpid()))
            o.key("ledger")
            o.object { ledger(&$0, outbox, consumer) }
            part(&o, "outbox", outbox) { o, outbox in outboxPart(&o, outbox) }
            part(&o, "kafka", isDirect ? nil : outbox) { o, _ in
                let reason = pipeline.conditions.reason("kafka") ?? pipeline.conditions.reason("forwarder")
                o.member("up", reason == nil)
                o.member("in_flight", pipeline.forwarderStatus.inFlight.load(ordering: .relaxed))
                o.member("restarts", pipeline.forwarderStatus.restarts.load(ordering: .relaxed))
                o.member("error", reason)
            }
            o.key("mongodb")
            let reason = pipeline.conditions.reason("mongodb")
            if isDirect || consumer != nil {
                o.object { m in
                    m.member("up", reason == nil)
                    m.member("error", reason)
                }
            } else {
                o.null()
            }
            part(&o, "consumer", consumer) { o, consumer in
                o.member("lag", consumer.lag)
                o.member("partitions", consumer.partitions)
                o.member("oldest_seconds", consumer.oldestSeconds)
                retention(&o, consumer)
            }
            history.write(to: &o)
        }
        return writer.bytes
    }

    private func part<Value>(
        _ o: inout JSONWriter, _ name: String, _ value: Value?, _ body: (inout JSONWriter, Value) -> Void
    ) {
        o.key(name)
        if let value { o.object { body(&$0, value) } } else { o.null() }
    }

    private func condition(_ o: inout JSONWriter, _ condition: Conditions.Condition) {
        o.member("part", condition.part)
        o.member("reason", condition.reason)
        o.member("since", time(condition.sinceMilliseconds))
        o.member("seconds", age(condition.sinceMilliseconds))
    }

    /// Null where Kafka keeps events for ever, or was not asked yet.
    private func retention(_ o: inout JSONWriter, _ consumer: ConsumerSnapshot) {
        let retention = pipeline.topicRetention
        let left = retention?.left(oldest: consumer.oldestMilliseconds, now: WallClock.nowMilliseconds)
        for (name, value) in [("retention_seconds", retention?.milliseconds), ("retention_left_seconds", left)] {
            o.key(name)
            if let value { o.double(Double(value) / 1000) } else { o.null() }
        }
    }

    private func age(_ milliseconds: Int64) -> Double {
        Double(max(0, WallClock.nowMilliseconds - milliseconds)) / 1000
    }

    private func time(_ milliseconds: Int64) -> String { String(decoding: EventTime.text(milliseconds), as: UTF8.self) }

    private func ledger(_ o: inout JSONWriter, _ outbox: OutboxSnapshot?, _ consumer: ConsumerSnapshot?) {
        let ledger = outbox?.ledger ?? Ledger()
        let side = consumer?.ledger ?? ledger.consumer
        o.member("received", ledger.received)
        o.member("stored", ledger.stored)
        o.key("rejected")
        o.object { r in
            for rejection in Rejection.allCases { r.member(rejection.code, ledger.rejected[Int(rejection.rawValue)]) }
        }
        o.member("pending", ledger.pending)
        o.member("outbox", ledger.outbox)
        o.member("forwarded", ledger.forwarded)
        o.member("dead", ledger.dead)
        o.member("dropped", ledger.dropped)
        o.member("dead_evicted", ledger.deadEvicted)
        o.member("lost", ledger.lost)
        o.member("consumed", side.consumed)
        o.member("inserted", side.inserted)
        o.member("duplicates", side.duplicates)
        o.member("consumer_dead", side.dead)
        o.member("consumer_dropped", side.dropped)
        o.member("consumer_pending", side.pending)
        o.member("skipped", side.skipped)
        o.member("datagrams_lost", ledger.datagramsLost)
    }

    private func outboxPart(_ o: inout JSONWriter, _ outbox: OutboxSnapshot) {
        o.member("events", outbox.ledger.outbox)
        o.member("bytes", outbox.usedBytes)
        o.member("max_bytes", pipeline.settings.outbox.maxBytes)
        o.member("file_bytes", outbox.fileBytes)
        o.member("wal_bytes", outbox.walBytes)
        o.member("dead_bytes", outbox.deadBytes)
        o.member("oldest_seconds", outbox.oldestSeconds)
        o.member("disk_free_bytes", outbox.diskFreeBytes ?? 0)
        o.member("commits", outbox.commits)
        o.member("commit_p99_ms", outbox.commitSeconds.value(quantile: 0.99) * 1000)
    }
}
