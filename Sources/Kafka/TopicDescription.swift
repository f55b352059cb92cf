// A topic as the cluster describes it. Read by asking for ALL topics: asking for one by name through a producer lets
// the broker create it. A topic the client may not describe is left out by the broker and looks missing.
import CRdKafka

public struct TopicDescription: Sendable, Equatable {
    public struct Partition: Sendable, Equatable {
        public let id: Int32
        /// The leader's broker id, or -1 without one.
        public let leader: Int32
        public let replicaCount: Int
        public let inSyncCount: Int

        package init(id: Int32, leader: Int32, replicaCount: Int, inSyncCount: Int) {
            self.id = id
            self.leader = leader
            self.replicaCount = replicaCount
            self.inSyncCount = inSyncCount
        }
    }

    public let name: String
    public let partitions: [Partition]
    /// Whether the cluster has it, as far as this client may see.
    public let exists: Bool

    package init(name: String, partitions: [Partition], exists: Bool) {
        self.name = name
        self.partitions = partitions
        self.exists = exists
    }

    static func read(
        _ name: String, client: OpaquePointer?, _ timeoutMilliseconds: Int32
    ) throws(KafkaError) -> TopicDescription {
        let operation = "look for topic \(name)"
        guard let client else { throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__DESTROY) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client, 1, nil, &metadata, timeoutMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw KafkaError(operation: operation, error) }
        defer { rd_kafka_metadata_destroy(metadata) }
        let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        guard let topic = topics.first(where: { String(cString: $0.topic) == name }),
            topic.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
        else { return TopicDescription(name: name, partitions: [], exists: false) }
        guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR || topic.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE else {
            throw KafkaError(operation: operation, topic.err)
        }
        let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt)).map {
            Partition(
                id: $0.id, leader: $0.leader, replicaCount: Int($0.replica_cnt), inSyncCount: Int($0.isr_cnt))
        }
        return TopicDescription(name: name, partitions: partitions.sorted { $0.id < $1.id }, exists: true)
    }
}
