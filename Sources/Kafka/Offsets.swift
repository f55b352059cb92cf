// The group's committed offsets: reading and writing them. An offset is that of the next message to consume, not of the
// last one done. On the consumer's own thread.
import CRdKafka

extension Consumer {
    /// What the group has committed for each partition, nil where nothing. Blocks up to the timeout.
    public func committed(_ partitions: [Int32], timeoutMilliseconds: Int32) throws(KafkaError) -> [Int32: Int64?] {
        let operation = "read committed offsets"
        let list = PartitionList(topicName, partitions: partitions)
        try check(operation) { client in list.with { rd_kafka_committed(client, $0, timeoutMilliseconds) } }
        if let error = list.firstError(operation: operation) { throw error }
        var offsets: [Int32: Int64?] = [:]
        for entry in list.entries {
            offsets.updateValue(entry.offset >= 0 ? entry.offset : nil, forKey: entry.partition)
        }
        return offsets
    }

    /// Commits and waits for the coordinator's answer, up to the timeout; after a timeout it may still happen.
    public func commit(
        _ offsets: [(partition: Int32, nextOffset: Int64)], timeoutMilliseconds: Int32
    ) throws(KafkaError) {
        let operation = "commit offsets"
        if offsets.isEmpty { return }
        let list = PartitionList(topicName, offsets.map { ($0.partition, $0.nextOffset) })
        guard !isClosed, let queue = rd_kafka_queue_new(client) else {
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__DESTROY)
        }
        defer { rd_kafka_queue_destroy(queue) }
        // A queue of its own, since rd_kafka_commit would wait for a coordinator as long as it likes.
        try check(operation) { client in list.with { rd_kafka_commit_queue(client, $0, queue, nil, nil) } }
        guard let event = rd_kafka_queue_poll(queue, timeoutMilliseconds) else {
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(operation: operation, error) }
    }

    /// Commits in the background; a failure comes as an error from a later poll.
    public func commitLater(_ offsets: [(partition: Int32, nextOffset: Int64)]) throws(KafkaError) {
        if offsets.isEmpty { return }
        let list = PartitionList(topicName, offsets.map { ($0.partition, $0.nextOffset) })
        try check("commit offsets") { client in list.with { rd_kafka_commit(client, $0, 1) } }
    }
}
