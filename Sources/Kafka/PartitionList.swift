// librdkafka's list of partitions of one topic, for the length of a call.
import CRdKafka

/// Where to begin in a partition.
public enum StartOffset: Sendable, Equatable {
    case at(Int64)
    case earliest
}

struct PartitionList: ~Copyable {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Of every partition with its offset (RD_KAFKA_OFFSET_INVALID where none matters).
    init(_ topic: String, _ entries: [(partition: Int32, offset: Int64)]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: entries.count))
        for entry in entries {
            rd_kafka_topic_partition_list_add(pointer, topic, entry.partition).pointee.offset = entry.offset
        }
    }

    init(_ topic: String, partitions: [Int32]) {
        self.init(topic, partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) })
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    /// Calls C with the list, which lives until the call is over: a bare pointer would not keep it alive.
    borrowing func with<Result>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result {
        body(pointer)
    }

    /// What librdkafka noted at each partition.
    var entries: [rd_kafka_topic_partition_t] {
        Array(UnsafeBufferPointer(start: pointer.pointee.elems, count: Int(pointer.pointee.cnt)))
    }

    /// The first error that librdkafka noted at a partition.
    func firstError(operation: String) -> KafkaError? {
        for entry in entries
        where entry.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            return KafkaError(operation: "\(operation) of partition \(entry.partition)", entry.err)
        }
        return nil
    }
}
