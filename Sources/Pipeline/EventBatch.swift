// Events on their way from intake through the outbox to the forwarder, packed in one piece of memory. One thread owns
// a batch at a time: intake fills it, then seals it and lets go; the outbox commits it; the forwarder lends its memory
// to librdkafka until the last delivery report.
import Events
import LZ4
import Linux

/// A connection's lines up to `line` are settled once the batch is committed.
public struct Mark: Sendable {
    public let connection: Int
    public var line: Int
}

/// `@unchecked Sendable`: handed from owner to owner through locked queues, never touched by two threads at once;
/// after the commit its bytes do not change.
public final class EventBatch: @unchecked Sendable {
    /// A batch this full is sealed.
    public static let fullBytes = 256 << 10

    public private(set) var memory: UnsafeMutableRawPointer
    private var capacity: Int
    public internal(set) var byteCount = 0
    public internal(set) var eventCount = 0
    /// Lines and datagrams' events read, whatever became of them.
    public var received = 0
    public var rejected = [Int](repeating: 0, count: Rejection.allCases.count)
    public var datagramsLost = 0
    public var marks: [Mark] = []
    /// When the first of the lines that want an answer was read.
    public internal(set) var markedAt: Monotonic?
    /// When its commit returned; nil for one read back from the outbox.
    public internal(set) var storedAt: Monotonic?
    /// The sequence number of the first event; set by the outbox.
    public package(set) var first: Int64 = 0

    public init(capacity: Int) {
        self.capacity = max(capacity, 64)
        memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    /// A batch read back from the outbox; nil where the bytes do not unpack to what they were, or make no sense.
    package init?(first: Int64, eventCount: Int, unpacking stored: UnsafeRawBufferPointer, byteCount: Int) {
        guard byteCount >= stored.count, byteCount <= 1 << 30 else { return nil }
        capacity = max(byteCount, 64)
        memory = .allocate(byteCount: capacity, alignment: 16)
        self.byteCount = byteCount
        self.first = first
        self.eventCount = eventCount
        if stored.count == byteCount {
            if let base = stored.baseAddress { memory.copyMemory(from: base, byteCount: byteCount) }
        } else if !LZ4Block.unpack(stored, into: UnsafeMutableRawBufferPointer(start: memory, count: byteCount)) {
            return nil
        }
        var events = 0
        guard PackedEvents.forEach(bytes, { _ in events += 1 }), events == eventCount else { return nil }
    }

    deinit { memory.deallocate() }

    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: byteCount) }

    /// Hands on every event's own bytes.
    package func forEachValue(_ body: (UnsafeRawBufferPointer) -> Void) {
        _ = PackedEvents.forEach(bytes) { body($0.value) }
    }

    /// The event of this ordinal, the first one's being 0.
    func event(_ ordinal: Int) -> PackedEvent? {
        var offset = 0
        var index = 0
        while let (event, next) = PackedEvents.read(bytes, at: offset) {
            if index == ordinal { return event }
            offset = next
            index += 1
        }
        return nil
    }

    /// Behind its last event's sequence number, which is its row's and its number within the row. A damaged row's may be
    /// any number.
    package var nextSequence: Int64 {
        var next = first
        _ = PackedEvents.forEach(bytes) { next = first &+ Int64($0.index) &+ 1 }
        return next
    }

    /// Nothing in it that a commit would change or settle.
    public var isEmpty: Bool { received == 0 && marks.isEmpty && datagramsLost == 0 }

    public func hasRoom(_ count: Int) -> Bool { capacity - byteCount >= count }

    /// Another event behind the others, whole, as it was packed before. The batch must have the room.
    package func append(key: [UInt8], value: [UInt8]) {
        let index = UInt32(truncatingIfNeeded: eventCount)
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { append(PackedEvent(index: index, key: key, value: $0)) }
        }
    }

    /// The same, with the number within its row that it has.
    package func append(_ event: PackedEvent) {
        let header = memory + byteCount
        PackedEvents.writeHeader(
            header, valueCount: event.value.count, keyCount: event.key.count, index: event.index)
        let at = header + PackedEvents.headerBytes
        if let base = event.key.baseAddress { at.copyMemory(from: base, byteCount: event.key.count) }
        if let base = event.value.baseAddress {
            (at + event.key.count).copyMemory(from: base, byteCount: event.value.count)
        }
        byteCount += PackedEvents.headerBytes + event.key.count + event.value.count
        eventCount += 1
    }

    /// Gives back what a small batch does not need, so that many waiting ones stay small.
    public func seal() {
        guard byteCount < capacity / 2 else { return }
        let fitting = max(byteCount, 64)
        let smaller = UnsafeMutableRawPointer.allocate(byteCount: fitting, alignment: 16)
        smaller.copyMemory(from: memory, byteCount: byteCount)
        memory.deallocate()
        memory = smaller
        capacity = fitting
    }
}
