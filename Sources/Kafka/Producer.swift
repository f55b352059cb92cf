// One librdkafka producer for one topic. Belongs to one thread, which calls produce, polls the wake descriptor among
// others, and drains. Values are BORROWED: their memory must stay as it is from produce until the delivery with
// their tag, or until close returns. Keys are copied. Opening one may make a broker create the topic: look first (Admin).
import CRdKafka
import Glibc

public final class Producer {
    @usableFromInline let client: OpaquePointer
    @usableFromInline let topic: OpaquePointer
    @usableFromInline let queue: OpaquePointer
    @usableFromInline let chunk: UnsafeMutableBufferPointer<UnsafePointer<rd_kafka_message_t>?>
    /// Readable when something waits to be drained. Only drainEvents resets it. Closed by `close`.
    public let wakeDescriptor: Int32
    private let topicName: String
    private let context: ClientContext
    @usableFromInline var isClosed = false

    /// Opens a producer; it connects in the background. Throws where librdkafka refuses the properties.
    public static func open(
        _ properties: ClientProperties, topic: String, onLog: KafkaLog? = nil
    ) throws(KafkaError) -> Producer {
        let operation = "open a producer"
        var properties = properties
        // Without a report for each message nobody would learn when lent memory is free.
        properties.set("delivery.report.only.error", "false")
        let context = ClientContext(onLog: onLog)
        let client = try context.openClient(RD_KAFKA_PRODUCER, properties, operation: operation) { conf in
            rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        }
        guard let handle = rd_kafka_topic_new(client, topic, nil) else {
            let error = rd_kafka_last_error()
            rd_kafka_destroy(client)
            throw KafkaError(operation: "\(operation) for topic \(topic)", error)
        }
        let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0, let queue = rd_kafka_queue_get_main(client) else {
            let text = String(cString: strerror(errno))
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            rd_kafka_topic_destroy(handle)
            rd_kafka_destroy(client)
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, text: text)
        }
        return Producer(client, handle, queue, descriptor, topic, context)
    }

    private init(
        _ client: OpaquePointer, _ topic: OpaquePointer, _ queue: OpaquePointer, _ descriptor: Int32, _ name: String,
        _ context: ClientContext
    ) {
        self.client = client
        self.topic = topic
        self.queue = queue
        self.wakeDescriptor = descriptor
        self.topicName = name
        self.context = context
        self.chunk = .allocate(capacity: 512)
        self.chunk.initialize(repeating: nil)
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size)
    }

    deinit {
        close()
        chunk.deallocate()
    }

    /// Queues messages in their order, and returns how many were taken; never blocks. Each has its code then; the memory of
    /// one that was not taken is not lent. A full queue is a code too; a smaller message after it may be taken.
    public func produce(_ outgoing: OutgoingMessages) -> Int {
        if isClosed {
            for index in 0..<outgoing.count { outgoing.messages[index].err = RD_KAFKA_RESP_ERR__DESTROY }
            return 0
        }
        let each = RD_KAFKA_PARTITION_UA
        return Int(
            rd_kafka_produce_batch(
                topic, each, RD_KAFKA_MSG_F_PARTITION, outgoing.messages.baseAddress, Int32(outgoing.count)))
    }

    /// Queues one message: 0 when taken, else its code.
    public func produce(
        partition: Int32, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, tag: UInt
    ) -> Int32 {
        let one = OutgoingMessages(capacity: 1)
        one.add(partition: partition, key: key, value: value, tag: tag)
        _ = produce(one)
        return one.code(0)
    }

    /// The error of a code that `produce` returned or a `Delivery` carries.
    public func error(forCode code: Int32) -> KafkaError {
        if code == RD_KAFKA_RESP_ERR__FATAL.rawValue, let fatal = fatalError { return fatal }
        return KafkaError(operation: "produce to topic \(topicName)", code: code)
    }

    /// Messages taken and not yet given to `onDelivery`, plus events waiting.
    public var outstanding: Int { isClosed ? 0 : Int(rd_kafka_outq_len(client)) }

    /// What made this producer unusable, if anything did.
    public var fatalError: KafkaError? {
        isClosed ? nil : ClientContext.fatalError(of: client, operation: "produce to topic \(topicName)")
    }

    /// Fails everything undelivered, queued and in flight; the deliveries come by drainEvents. What was in flight may
    /// be in Kafka all the same. Returns at once.
    public func purge() {
        if isClosed { return }
        let all = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
        _ = rd_kafka_purge(client, all)
    }

    /// The topic as the cluster has it, without creating it. Blocks up to the timeout.
    public func topicMetadata(timeoutMilliseconds: Int32) throws(KafkaError) -> TopicDescription {
        try TopicDescription.read(topicName, client: isClosed ? nil : client, timeoutMilliseconds)
    }

    /// Purges, hands out the last deliveries, destroys the client. No lent memory is in use after it, reported or not.
    /// Waits up to 5 s for reports, then for librdkafka's threads to end: well under a second in general, but a thread
    /// inside the resolver is waited for as long as the resolver takes.
    public func close(onDelivery: (Delivery) -> Void = { _ in }) {
        if isClosed { return }
        purge()
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            drainEvents(limit: Int.max, onDelivery: onDelivery)
            if rd_kafka_outq_len(client) == 0 || ContinuousClock.now >= deadline { break }
            var waiting = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, 20)
        }
        isClosed = true
        rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
        rd_kafka_queue_destroy(queue)
        rd_kafka_topic_destroy(topic)
        rd_kafka_destroy(client)
        _ = Glibc.close(wakeDescriptor)
    }
}
