// Looking at a consumer group without joining it. On the admin client's own thread; every call blocks up to its timeout.
import CRdKafka
import Glibc

extension Admin {
    /// How many members the group has; 0 for one that nobody has joined yet.
    public func groupMembers(_ group: String, timeoutMilliseconds: Int32) throws(KafkaError) -> Int {
        let operation = "describe group \(group)"
        let event = try withName(group) { names throws(KafkaError) in
            try answer(operation, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeoutMilliseconds) { options, queue in
                rd_kafka_DescribeConsumerGroups(client, names, 1, options, queue)
            }
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let groups = rd_kafka_DescribeConsumerGroups_result_groups(event, &count), count > 0,
            let found = groups[0]
        else { throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__BAD_MSG) }
        if let error = rd_kafka_ConsumerGroupDescription_error(found) {
            // Kafka 4 has no such group where older ones said that it is dead.
            if rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND { return 0 }
            throw KafkaError(
                operation: operation, rd_kafka_error_code(error),
                text: rd_kafka_error_string(error).map { String(cString: $0) })
        }
        return rd_kafka_ConsumerGroupDescription_member_count(found)
    }

    /// What the group has committed, by partition; without those where it has nothing.
    public func committed(
        _ group: String, topic: String, partitions: [Int32], timeoutMilliseconds: Int32
    ) throws(KafkaError) -> [Int32: Int64] {
        let operation = "read the offsets of group \(group)"
        let list = PartitionList(topic, partitions: partitions)
        var request = list.with { rd_kafka_ListConsumerGroupOffsets_new(group, $0) }
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let event = try answer(operation, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeoutMilliseconds) {
            options, queue in
            rd_kafka_ListConsumerGroupOffsets(client, &request, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(event, &count), count > 0,
            let found = groups[0], let offsets = rd_kafka_group_result_partitions(found)
        else { throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__BAD_MSG) }
        if let error = rd_kafka_group_result_error(found) {
            if rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND { return [:] }
            throw KafkaError(
                operation: operation, rd_kafka_error_code(error),
                text: rd_kafka_error_string(error).map { String(cString: $0) })
        }
        var result: [Int32: Int64] = [:]
        for entry in UnsafeBufferPointer(start: offsets.pointee.elems, count: Int(offsets.pointee.cnt))
        where entry.offset >= 0 { result[entry.partition] = entry.offset }
        return result
    }

    /// The oldest offset the partition has, and the one that comes next.
    public func watermarks(
        _ topic: String, _ partition: Int32, timeoutMilliseconds: Int32
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        var low: Int64 = 0
        var high: Int64 = 0
        let error = rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, timeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(operation: "read the offsets of \(topic) \(partition)", error)
        }
        return (low, high)
    }

    /// Lends `name` as C's array of one string.
    private func withName<Result>(
        _ name: String, _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) throws(KafkaError) -> Result
    ) throws(KafkaError) -> Result {
        let text = strdup(name)
        defer { free(text) }
        var pointer = UnsafePointer<CChar>(text)
        return try body(&pointer)
    }
}
