// Messages that a producer takes in one call: librdkafka then reads its clocks and takes its topic's lock once for all of
// them. Used again and again; belongs to the producer's thread.
import CRdKafka

public final class OutgoingMessages {
    @usableFromInline let messages: UnsafeMutableBufferPointer<rd_kafka_message_t>
    public private(set) var count = 0

    /// Room for `capacity` messages, at least 1.
    public init(capacity: Int) {
        messages = .allocate(capacity: max(capacity, 1))
        messages.initialize(repeating: rd_kafka_message_t())
    }

    deinit { messages.deallocate() }

    public var isFull: Bool { count == messages.count }

    /// Only where it is not full. Key and value are borrowed until the producer has taken the message; the value longer,
    /// as `Producer` says. A key without a base address is none.
    @inline(__always)
    public func add(partition: Int32, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, tag: UInt) {
        let message = messages.baseAddress! + count
        message.pointee.partition = partition
        message.pointee.payload = UnsafeMutableRawPointer(mutating: value.baseAddress)
        message.pointee.len = value.count
        message.pointee.key = UnsafeMutableRawPointer(mutating: key.baseAddress)
        message.pointee.key_len = key.count
        message.pointee._private = UnsafeMutableRawPointer(bitPattern: tag)
        count += 1
    }

    /// Empty again.
    public func removeAll() { count = 0 }

    public func tag(_ index: Int) -> UInt { UInt(bitPattern: messages[index]._private) }
    public func partition(_ index: Int) -> Int32 { messages[index].partition }

    /// What became of a message in `Producer.produce`: 0 when taken, else a code (`Producer.error(forCode:)`).
    public func code(_ index: Int) -> Int32 { messages[index].err.rawValue }
}
