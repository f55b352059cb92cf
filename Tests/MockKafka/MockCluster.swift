// Brokers inside the process (librdkafka's own mock), with errors and outages on command. For tests only.
import CRdKafka
import Glibc
import Kafka

public final class MockCluster {
    /// The protocol's number of a produce request.
    public static let produceRequest: Int16 = 0
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    public let bootstrap: String
    /// Of brokers that are down, a socket on each one's port: librdkafka ends the process when another has taken it meanwhile.
    private var placeholders: [Int32: Int32] = [:]

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
        for placeholder in placeholders.values { close(placeholder) }
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

    /// `id`: from 1.
    public func setBroker(_ id: Int32, isUp: Bool) {
        if isUp {
            rd_kafka_mock_broker_set_up(cluster, id)
            if let placeholder = placeholders.removeValue(forKey: id) { close(placeholder) }
        } else {
            rd_kafka_mock_broker_set_down(cluster, id)
            if placeholders[id] == nil { placeholders[id] = holdPort(of: id) }
        }
    }

    /// Bound, and not listening: nobody else is given the port, and who says SO_REUSEADDR, as the broker does, can listen on it.
    private func holdPort(of id: Int32) -> Int32? {
        let addresses = bootstrap.split(separator: ",")
        guard addresses.indices.contains(Int(id) - 1),
            let port = addresses[Int(id) - 1].split(separator: ":").last.flatMap({ UInt16($0) })
        else { return nil }
        let placeholder = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(placeholder, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(placeholder, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if bound == 0 { return placeholder }
        close(placeholder)
        return nil
    }

    public func setLeader(of topic: String, partition: Int32, broker: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker)
    }
}
