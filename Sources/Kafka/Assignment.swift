// What a consumer holds: taking and giving up partitions, pausing, how far they reach. On the consumer's own thread.
import CRdKafka

/// How far a partition reaches: `low` is its first offset kept, `high` the one the next message will get.
public struct Watermarks: Sendable, Equatable {
    /// nil where not known without asking.
    public let low: Int64?
    public let high: Int64
}

extension Consumer {
    /// Starts consuming exactly these, in place of what was assigned.
    public func assign(_ starts: [(partition: Int32, offset: StartOffset)]) throws(KafkaError) {
        let entries = starts.map { start -> (partition: Int32, offset: Int64) in
            switch start.offset {
            case .at(let offset): (start.partition, offset)
            case .earliest: (start.partition, Int64(RD_KAFKA_OFFSET_BEGINNING))
            }
        }
        let list = PartitionList(topicName, entries)
        try check("assign partitions") { client in list.with { rd_kafka_assign(client, $0) } }
    }

    /// Gives up everything assigned: the answer to a revocation.
    public func unassign() throws(KafkaError) { try check("give up partitions") { rd_kafka_assign($0, nil) } }

    /// Whether the assignment was lost, not asked back; reset by assign and unassign.
    public var isAssignmentLost: Bool { !isClosed && rd_kafka_assignment_lost(client) != 0 }

    /// Stops messages of these partitions, perhaps also after they were given up and assigned again; group membership stays
    /// as long as poll is called. Not before a first message has come: where to begin could be forgotten
    /// (https://github.com/confluentinc/librdkafka/issues/2190, 5591).
    public func pause(_ partitions: [Int32]) throws(KafkaError) {
        let list = PartitionList(topicName, partitions: partitions)
        try check("pause") { client in list.with { rd_kafka_pause_partitions(client, $0) } }
        if let error = list.firstError(operation: "pause") { throw error }
    }

    /// Goes on behind the last message that poll returned. A partition that is not there any more counts as resumed.
    public func resume(_ partitions: [Int32]) throws(KafkaError) {
        let list = PartitionList(topicName, partitions: partitions)
        try check("resume") { client in list.with { rd_kafka_resume_partitions(client, $0) } }
    }

    /// As of the last fetch, without asking; nil before the first. librdkafka learns `low` only by asking.
    public func watermarks(_ partition: Int32) -> Watermarks? {
        if isClosed { return nil }
        var low: Int64 = -1
        var high: Int64 = -1
        let error = rd_kafka_get_watermark_offsets(client, topicName, partition, &low, &high)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
        return Watermarks(low: low >= 0 ? low : nil, high: high)
    }

    /// Asks the partition's leader, twice the timeout at most. Not by rd_kafka_query_watermark_offsets: where the leader
    /// dies meanwhile, that waits without end, whatever its timeout (seen with 2.0.2).
    public func queryWatermarks(_ partition: Int32, timeoutMilliseconds: Int32) throws(KafkaError) -> Watermarks {
        Watermarks(
            low: try queryOffset(partition, Int64(RD_KAFKA_OFFSET_BEGINNING), timeoutMilliseconds),
            high: try queryOffset(partition, Int64(RD_KAFKA_OFFSET_END), timeoutMilliseconds))
    }

    /// Kafka's protocol takes the two ends for times before and after all others.
    private func queryOffset(_ partition: Int32, _ end: Int64, _ timeout: Int32) throws(KafkaError) -> Int64 {
        let operation = "ask the offsets"
        let list = PartitionList(topicName, [(partition, end)])
        try check(operation) { client in list.with { rd_kafka_offsets_for_times(client, $0, timeout) } }
        if let error = list.firstError(operation: operation) { throw error }
        guard let offset = list.entries.first?.offset, offset >= 0 else {
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        }
        return offset
    }

    func check(_ operation: String, _ call: (OpaquePointer) -> rd_kafka_resp_err_t) throws(KafkaError) {
        let error = isClosed ? RD_KAFKA_RESP_ERR__DESTROY : call(client)
        if error == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        if error == RD_KAFKA_RESP_ERR__FATAL, let fatal = fatalError { throw fatal }
        throw KafkaError(operation: operation, error)
    }
}
