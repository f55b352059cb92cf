// One member of a consumer group on one topic, eager rebalancing (range, roundrobin). Belongs to one thread. It joins
// the group in the background; whoever polls is told what it got, decides where to begin, and calls assign or
// unassign there or later: until then the group waits. Offsets are committed only when told.
import CRdKafka
import Linux

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
    private let wake: FetchWake?
    var isClosed = false

    /// Opens a consumer and subscribes; "group.id" must be among the properties.
    public static func open(
        _ properties: ClientProperties, topic: String, onLog: KafkaLog? = nil
    ) throws(KafkaError) -> Consumer {
        let operation = "open a consumer"
        var properties = properties
        properties.set("enable.partition.eof", "false")
        if !FetchWake.isNeeded, properties.value(of: FetchWake.property.name) == nil {
            properties.set(FetchWake.property.name, FetchWake.property.value)
        }
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
        return Consumer(client, topic, context, FetchWake.isNeeded ? FetchWake(client: client, topic: topic) : nil)
    }

    private init(_ client: OpaquePointer, _ topic: String, _ context: ClientContext, _ wake: FetchWake?) {
        self.client = client
        self.topicName = topic
        self.context = context
        self.wake = wake
    }

    /// Without close before it, leaves the group only by its session timeout.
    deinit {
        if !isClosed { end(leaving: false) }
    }

    /// Waits for one message, an error, or the timeout. `onRebalance` is called inside, on this thread.
    public func poll(timeoutMilliseconds: Int32, onRebalance: (Rebalance) -> Void) -> Polled {
        if isClosed { return .nothing }
        let message = serving(onRebalance) { next(timeoutMilliseconds) }
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

    private func next(_ timeoutMilliseconds: Int32) -> UnsafeMutablePointer<rd_kafka_message_t>? {
        guard let wake else { return rd_kafka_consumer_poll(client, timeoutMilliseconds) }
        var message = rd_kafka_consumer_poll(client, 0)
        if message == nil, timeoutMilliseconds > 0 {
            message = rd_kafka_consumer_poll(client, wake.starved(timeoutMilliseconds))
        }
        if message != nil { wake.fetched() }
        return message
    }

    /// What made this consumer unusable, if anything did.
    public var fatalError: KafkaError? {
        isClosed ? nil : ClientContext.fatalError(of: client, operation: "consume topic \(topicName)")
    }

    /// Gives up its partitions, leaves the group and destroys the client; returns after ten seconds at most. Commit before, and
    /// destroy every message.
    public func close() {
        if isClosed { return }
        isClosed = true
        end(leaving: true)
    }

    /// On a thread of its own: librdkafka may wait here for ever, where a reference to a partition was not given back: before
    /// 2.1.0 (https://github.com/confluentinc/librdkafka/pull/4187), and with messages of one that is gone (pull/4724); seen with
    /// 2.0.2 on a loaded machine. Then that thread and the client's stay, which costs memory and nothing else.
    private func end(leaving: Bool) {
        wake?.end()
        let old = Retired(client: client, context: context)
        let destroy: @Sendable () -> Void = {
            // Nobody polls any more: the callback gives up what is assigned.
            if leaving { rd_kafka_consumer_close(old.client) }
            rd_kafka_destroy_flags(old.client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(old.context) {}
        }
        do {
            let done = try EventDescriptor()
            let thread = try NamedThread.start("kafka-close") {
                destroy()
                done.signal()
            }
            if done.wait(milliseconds: 10_000) { thread.join() } else { thread.detach() }
        } catch {
            destroy()
        }
    }

    /// `@unchecked Sendable`: handed from the consumer's thread, which uses neither any more, to the one that ends them.
    private struct Retired: @unchecked Sendable {
        let client: OpaquePointer
        let context: ClientContext
    }

    /// Calls C with the handler in place for librdkafka's callback, which comes on this thread inside the call.
    private func serving<Result>(
        _ onRebalance: (Rebalance) -> Void, _ body: () -> Result
    ) -> Result {
        withoutActuallyEscaping(onRebalance) { handler in
            context.onRebalance = { client, error, list in
                let entries = UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
                let partitions = entries.map(\.partition)
                if error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                    handler(.assigned(partitions))
                } else {
                    handler(.revoked(partitions, lost: rd_kafka_assignment_lost(client) != 0))
                }
            }
            defer { context.onRebalance = nil }
            return body()
        }
    }
}
