// Brokers inside the process (librdkafka's own mock), with errors and outages on command. For tests only.
import CRdKafka
import Kafka

public final class MockCluster {
    /// The protocol's number of a produce request.
    public static let produceRequest: Int16 = 0
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    public let bootstrap: String

    public init?(brokers: Int32 = 1) {
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(conf, nil)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nil, 0) else { return nil }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers),
            let bootstrap = rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            rd_kafka_destroy(client)
            return nil
        }
        self.client = client
        self.cluster = cluster
        self.bootstrap = String(cString: bootstrap)
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    public func createTopic(_ name: String, partitions: Int32) {
        rd_kafka_mock_topic_create(cluster, name, partitions, 1)
    }

    /// The next requests of a kind (`produceRequest`) are answered with these errors.
    public func pushErrors(_ errors: [rd_kafka_resp_err_t], request: Int16) {
        rd_kafka_mock_push_request_errors_array(cluster, request, errors.count, errors)
    }

    /// The same by the errors' numbers, for tests that cannot import the C module.
    public func pushErrors(codes: [Int32], request: Int16) {
        pushErrors(codes.map { rd_kafka_resp_err_t(rawValue: $0) }, request: request)
    }

    public func setBroker(_ id: Int32, isUp: Bool) {
        if isUp { rd_kafka_mock_broker_set_up(cluster, id) } else { rd_kafka_mock_broker_set_down(cluster, id) }
    }

    public func setLeader(of topic: String, partition: Int32, broker: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker)
    }
}
