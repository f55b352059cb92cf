// Delivery reports: what became of each message that the producer took. Drained without blocking on the producer's own
// thread; nothing is allocated for a message. Every message taken is reported exactly once, unless close gave up.
import CRdKafka
import Glibc

public struct Delivery {
    /// As given to produce.
    public let tag: UInt
    /// 0: written and acknowledged as `acks` asks. Else `Producer.error(forCode:)`.
    public let code: Int32
    public let partition: Int32
    /// Negative where unknown (not delivered, or known to be a repeat).
    public let offset: Int64

    @inlinable
    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        tag = UInt(bitPattern: message.pointee._private)
        code = message.pointee.err.rawValue
        partition = message.pointee.partition
        offset = message.pointee.offset
    }
}

extension Producer {
    /// Hands out what waits, never blocking. Stops after the event that reaches `limit` deliveries (an event is one
    /// broker response's worth) and leaves the wake descriptor readable then. Errors of the client itself (brokers
    /// down, authentication) come to `onError`; a fatal one says so. Returns the number of deliveries.
    @inlinable @discardableResult
    public func drainEvents(
        limit: Int, onDelivery: (Delivery) -> Void, onError: (KafkaError, _ isFatal: Bool) -> Void = { _, _ in }
    ) -> Int {
        if isClosed { return 0 }
        // Reset first: what is queued from here on signals again.
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
        var delivered = 0
        while let event = rd_kafka_queue_poll(queue, 0) {
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while true {
                    let taken = rd_kafka_event_message_array(event, chunk.baseAddress, chunk.count)
                    for index in 0..<min(taken, chunk.count) {
                        if let message = chunk[index] { onDelivery(Delivery(message)) }
                    }
                    delivered &+= taken
                    if taken < chunk.count { break }
                }
            case RD_KAFKA_EVENT_ERROR:
                let (error, isFatal) = clientError(event)
                onError(error, isFatal)
            default:
                break
            }
            rd_kafka_event_destroy(event)
            if delivered >= limit {
                var one: UInt64 = 1
                _ = write(wakeDescriptor, &one, 8)
                break
            }
        }
        return delivered
    }

    @usableFromInline
    func clientError(_ event: OpaquePointer) -> (KafkaError, isFatal: Bool) {
        let isFatal = rd_kafka_event_error_is_fatal(event) != 0
        if isFatal, let fatal = fatalError { return (fatal, true) }
        let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
        return (
            KafkaError(operation: "talk to Kafka", rd_kafka_event_error(event), text: text, isFatal: isFatal), isFatal
        )
    }
}
