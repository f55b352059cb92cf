// Makes librdkafka look again whether to fetch. Before it had fetch.queue.backoff.ms, it looked once a second whether a queue
// that was full had room (https://github.com/confluentinc/librdkafka/issues/2879), unless the broker's thread woke for
// another reason: a consumer then gets no more in a second than one queue. A request to every broker is such a reason; the
// smallest there is lists the groups that are dead, which are none. Only while there is more to fetch.
import CRdKafka
import Linux

final class FetchWake {
    /// Makes librdkafka look often enough itself, where it knows it.
    static let property = (name: "fetch.queue.backoff.ms", value: "20")
    static let isNeeded = ClientProperties.check(property.name, property.value) != nil
    private static let least = 20
    private static let most = 1000
    private let client: OpaquePointer
    private let topic: String
    private let queue: OpaquePointer
    private let options: OpaquePointer
    private var isAsked = false
    private var looked = Monotonic(nanoseconds: 0)
    private var pause = FetchWake.least

    /// nil when out of memory.
    init?(client: OpaquePointer, topic: String) {
        guard let queue = rd_kafka_queue_new(client) else { return nil }
        guard let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS) else {
            rd_kafka_queue_destroy(queue)
            return nil
        }
        var dead = [RD_KAFKA_CONSUMER_GROUP_STATE_DEAD]
        if let error = rd_kafka_AdminOptions_set_match_consumer_group_states(options, &dead, 1) {
            rd_kafka_error_destroy(error)
        }
        (self.client, self.topic, self.queue, self.options) = (client, topic, queue, options)
    }

    /// Before the client ends.
    func end() {
        rd_kafka_AdminOptions_destroy(options)
        rd_kafka_queue_destroy(queue)
    }

    /// A message came.
    func fetched() { pause = FetchWake.least }

    /// The queue is empty. How long to wait for a message at most, in milliseconds, before this is called again.
    func starved(_ patience: Int32) -> Int32 {
        guard Monotonic.milliseconds(from: looked, to: .now) >= pause else { return min(patience, Int32(pause)) }
        looked = .now
        while let event = rd_kafka_queue_poll(queue, 0) {
            rd_kafka_event_destroy(event)
            isAsked = false
        }
        guard hasMore else {
            pause = FetchWake.least
            return patience
        }
        if !isAsked { rd_kafka_ListConsumerGroups(client, options, queue) }
        isAsked = true
        // What is beyond may be nothing that is ever delivered, as the ends of transactions are.
        pause = min(pause * 2, FetchWake.most)
        return min(patience, Int32(pause))
    }

    /// Whether a partition is known to go on beyond what was polled, as of its last fetch.
    private var hasMore: Bool {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard rd_kafka_assignment(client, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return false }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        guard rd_kafka_position(client, list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
        return UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt)).contains { partition in
            var (low, end) = (Int64(0), Int64(0))
            let error = rd_kafka_get_watermark_offsets(client, topic, partition.partition, &low, &end)
            return error == RD_KAFKA_RESP_ERR_NO_ERROR && partition.offset >= 0 && partition.offset < end
        }
    }
}
