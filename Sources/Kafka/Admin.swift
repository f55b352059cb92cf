// Looking at topics and creating them, by a client of its own. Belongs to one thread; every call blocks up to its
// timeout. Looking never creates.
import CRdKafka

/// A topic's settings by name ("cleanup.policy", "min.insync.replicas", "retention.ms"), without secret ones.
public typealias TopicConfiguration = [String: String]

public final class Admin {
    let client: OpaquePointer
    private let context: ClientContext

    public static func open(_ properties: ClientProperties, onLog: KafkaLog? = nil) throws(KafkaError) -> Admin {
        let context = ClientContext(onLog: onLog)
        let client = try context.openClient(RD_KAFKA_PRODUCER, properties, operation: "open an admin client")
        return Admin(client, context)
    }

    private init(_ client: OpaquePointer, _ context: ClientContext) {
        self.client = client
        self.context = context
    }

    deinit { rd_kafka_destroy(client) }

    /// The topic as the cluster has it; a missing one is a value. Throws where no broker answers.
    public func describeTopic(_ name: String, timeoutMilliseconds: Int32) throws(KafkaError) -> TopicDescription {
        let topic = try TopicDescription.read(name, client: client, timeoutMilliseconds)
        context.connection.withLock { $0.isOver() }
        return topic
    }

    /// What is known of the connections to the brokers: why there is none, and the certificate they show.
    public var connection: ConnectionTrouble { context.connection.withLock { $0 } }

    /// The topic's settings, defaults included. Throws where not allowed, or where the topic is missing.
    public func topicConfiguration(
        _ name: String, timeoutMilliseconds: Int32
    ) throws(KafkaError) -> TopicConfiguration {
        let operation = "read the configuration of topic \(name)"
        var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let event = try answer(operation, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeoutMilliseconds) { options, queue in
            rd_kafka_DescribeConfigs(client, &resource, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let resources = rd_kafka_DescribeConfigs_result_resources(event, &count), count > 0,
            let described = resources[0]
        else { throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__BAD_MSG) }
        let error = rd_kafka_ConfigResource_error(described)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = rd_kafka_ConfigResource_error_string(described).map { String(cString: $0) }
            throw KafkaError(operation: operation, error, text: text)
        }
        var configuration: TopicConfiguration = [:]
        let entries = rd_kafka_ConfigResource_configs(described, &count)
        for index in 0..<count {
            guard let entry = entries?[index], rd_kafka_ConfigEntry_is_sensitive(entry) == 0,
                let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry)
            else { continue }
            configuration[String(cString: name)] = String(cString: value)
        }
        return configuration
    }

    /// Creates a topic and waits until the controller has it. Throws where it exists already.
    public func createTopic(
        _ name: String, partitions: Int32, replication: Int32, configuration: TopicConfiguration = [:],
        timeoutMilliseconds: Int32
    ) throws(KafkaError) {
        let operation = "create topic \(name)"
        var (topic, text) = withErrorText { rd_kafka_NewTopic_new(name, partitions, replication, $0, $1) }
        guard topic != nil else { throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__INVALID_ARG, text: text) }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (key, value) in configuration { rd_kafka_NewTopic_set_config(topic, key, value) }
        let event = try answer(operation, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeoutMilliseconds) { options, queue in
            rd_kafka_CreateTopics(client, &topic, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let results = rd_kafka_CreateTopics_result_topics(event, &count), count > 0, let result = results[0]
        else { throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__BAD_MSG) }
        let error = rd_kafka_topic_result_error(result)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            throw KafkaError(operation: operation, error, text: text)
        }
    }

    /// Asks and waits; the event is the caller's to destroy.
    func answer(
        _ operation: String, _ kind: rd_kafka_admin_op_t, _ timeoutMilliseconds: Int32,
        _ ask: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
    ) throws(KafkaError) -> OpaquePointer {
        guard let queue = rd_kafka_queue_new(client) else {
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
        }
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(client, kind)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let (error, text) = withErrorText {
            rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, $0, $1)
        }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(operation: operation, error, text: text) }
        ask(options, queue)
        // librdkafka answers with its own timeout first; this one only bounds the wait if it should not.
        guard let event = rd_kafka_queue_poll(queue, timeoutMilliseconds &+ 1000) else {
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        let outcome = rd_kafka_event_error(event)
        if outcome != RD_KAFKA_RESP_ERR_NO_ERROR {
            let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
            rd_kafka_event_destroy(event)
            throw KafkaError(operation: operation, outcome, text: text)
        }
        return event
    }
}
