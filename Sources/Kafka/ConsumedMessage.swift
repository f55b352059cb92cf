// One message from Kafka, still in librdkafka's memory. Handed to any thread, which destroys it there, once. All of them
// must be destroyed before the consumer is closed.
import CRdKafka

/// `@unchecked Sendable`: librdkafka lets a message be read and destroyed on any thread, by one thread at a time.
public struct ConsumedMessage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<rd_kafka_message_t>

    public var partition: Int32 { pointer.pointee.partition }
    public var offset: Int64 { pointer.pointee.offset }
    /// Without a base address where the message has no key. Valid until `destroy`.
    public var key: UnsafeRawBufferPointer { .init(start: pointer.pointee.key, count: pointer.pointee.key_len) }
    /// Without a base address where the message has no value. Valid until `destroy`.
    public var value: UnsafeRawBufferPointer { .init(start: pointer.pointee.payload, count: pointer.pointee.len) }
    /// Milliseconds since 1970 in UTC, or -1.
    public var timestampMilliseconds: Int64 { rd_kafka_message_timestamp(pointer, nil) }

    /// Gives the memory back. Exactly once a message; nothing of it may be touched afterwards.
    public func destroy() { rd_kafka_message_destroy(pointer) }
}
