// One member of a consumer group on one topic, eager rebalancing (range, roundrobin). Belongs to one thread. It joins
// the group in the background; whoever polls is told what it got, decides where to begin, and calls assign or
// unassign there or later: until then the group waits. Offsets are committed only when told.
import CRdKafka

public enum Rebalance: Sendable, Equatable {
    /// Call `assign` with these, now or later.
    case assigned([Int32])
    /// Commit what is finished (useless where `lost`: others may own them already), then call `unassign`.
    case revoked([Int32], lost: Bool)
}

public enum Polled: Sendable {
    case message(ConsumedMessage)
    case error(KafkaError)
    case nothing
}

public final class Consumer {
    let client: OpaquePointer
    let topicName: String
    let context: ClientContext
    var isClosed = false

    /// Opens a consumer and subscribes; "group.id" must be among the properties.
    public static func open(
        _ properties: ClientProperties, topic: String, onLog: KafkaLog? = nil
    ) throws(KafkaError) -> Consumer {
        let operation = "open a consumer"
        var properties = properties
        properties.set("enable.partition.eof", "false")
        let context = ClientContext(onLog: onLog)
        let client = try context.openClient(RD_KAFKA_CONSUMER, properties, operation: operation) { conf in
            rd_kafka_conf_set_rebalance_cb(conf) { client, error, partitions, opaque in
                guard let client, let partitions, let opaque else { return }
                let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
                if let onRebalance = context.onRebalance {
                    onRebalance(client, error, partitions)
                } else {
                    // Nobody is there to ask: give everything up, which is always safe.
                    rd_kafka_assign(client, nil)
                }
            }
            rd_kafka_conf_set_offset_commit_cb(conf) { _, error, _, opaque in
                guard let opaque, error != RD_KAFKA_RESP_ERR_NO_ERROR, error != RD_KAFKA_RESP_ERR__NO_OFFSET else {
                    return
                }
                Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().commitError =
                    KafkaError(operation: "commit offsets", error)
            }
        }
        // Errors and callbacks of the client come by way of the same poll as messages.
        var error = rd_kafka_poll_set_consumer(client)
        if error == RD_KAFKA_RESP_ERR_NO_ERROR {
            let list = PartitionList(topic, partitions: [-1])
            error = list.with { rd_kafka_subscribe(client, $0) }
        }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            throw KafkaError(operation: "subscribe to topic \(topic)", error)
        }
        return Consumer(client, topic, context)
    }

    private init(_ client: OpaquePointer, _ topic: String, _ context: ClientContext) {
        self.client = client
        self.topicName = topic
        self.context = context
    }

    /// Without close before it, leaves the group only by its session timeout.
    deinit {
        if !isClosed { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
    }

    /// Waits for one message, an error, or the timeout. `onRebalance` is called inside, on this thread.
    public func poll(timeoutMilliseconds: Int32, onRebalance: (Rebalance) -> Void) -> Polled {
        if isClosed { return .nothing }
        let message = serving(onRebalance) { rd_kafka_consumer_poll(client, timeoutMilliseconds) }
        guard let message else {
            guard let error = context.commitError else { return .nothing }
            context.commitError = nil
            return .error(error)
        }
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR { return .message(ConsumedMessage(pointer: message)) }
        defer { rd_kafka_message_destroy(message) }
        if message.pointee.err == RD_KAFKA_RESP_ERR__FATAL, let fatal = fatalError { return .error(fatal) }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        return .error(KafkaError(operation: "consume topic \(topicName)", message.pointee.err, text: text))
    }

    /// What made this consumer unusable, if anything did.
    public var fatalError: KafkaError? {
        isClosed ? nil : ClientContext.fatalError(of: client, operation: "consume topic \(topicName)")
    }

    /// Leaves the group and destroys the client. Every message must be destroyed before. `onRebalance` hears of the
    /// revocation, if there is one, and may commit there. About a session timeout at most with brokers away.
    public func close(onRebalance: (Rebalance) -> Void) {
        if isClosed { return }
        _ = serving(onRebalance, isClosing: true) { rd_kafka_consumer_close(client) }
        isClosed = true
        rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// Calls C with the handler in place for librdkafka's callback, which comes on this thread inside the call.
    private func serving<Result>(
        _ onRebalance: (Rebalance) -> Void, isClosing: Bool = false, _ body: () -> Result
    ) -> Result {
        withoutActuallyEscaping(onRebalance) { handler in
            context.onRebalance = { client, error, list in
                let entries = UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
                let partitions = entries.map(\.partition)
                if error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                    handler(.assigned(partitions))
                } else {
                    handler(.revoked(partitions, lost: rd_kafka_assignment_lost(client) != 0))
                    // A close waits for this. Where the handler has done it, it changes nothing.
                    if isClosing { rd_kafka_assign(client, nil) }
                }
            }
            defer { context.onRebalance = nil }
            return body()
        }
    }
}
