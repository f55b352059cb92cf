// Events laid back to back, as one outbox row holds them:
//   u32 value's length | u32 key's length | u32 index | key | value
// all little-endian, no padding. `index` is the event's place in the row's first commit, so that an event keeps its
// sequence number (row's first + index) when others of the row are taken out.

public struct PackedEvent {
    public let index: UInt32
    public let key: UnsafeRawBufferPointer
    public let value: UnsafeRawBufferPointer

    public init(index: UInt32, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        self.index = index
        self.key = key
        self.value = value
    }
}

public enum PackedEvents {
    public static let headerBytes = 12

    /// Writes a header at `at`.
    @inlinable
    public static func writeHeader(_ at: UnsafeMutableRawPointer, valueCount: Int, keyCount: Int, index: UInt32) {
        at.storeBytes(of: UInt32(truncatingIfNeeded: valueCount).littleEndian, as: UInt32.self)
        at.storeBytes(of: UInt32(truncatingIfNeeded: keyCount).littleEndian, toByteOffset: 4, as: UInt32.self)
        at.storeBytes(of: index.littleEndian, toByteOffset: 8, as: UInt32.self)
    }

    /// The event at `offset` and where the next begins; nil at the end, and where the bytes make no sense.
    @inlinable
    public static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> (event: PackedEvent, next: Int)? {
        guard offset >= 0, bytes.count - offset >= headerBytes, let base = bytes.baseAddress else { return nil }
        let at = base + offset
        let valueCount = Int(UInt32(littleEndian: at.loadUnaligned(as: UInt32.self)))
        let keyCount = Int(UInt32(littleEndian: at.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        let index = UInt32(littleEndian: at.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        let next = offset + headerBytes + keyCount + valueCount
        guard next <= bytes.count else { return nil }
        let key = UnsafeRawBufferPointer(start: at + headerBytes, count: keyCount)
        let value = UnsafeRawBufferPointer(start: at + headerBytes + keyCount, count: valueCount)
        return (PackedEvent(index: index, key: key, value: value), next)
    }

    /// Hands on every event; false when the bytes do not end where an event does.
    @inlinable
    public static func forEach(_ bytes: UnsafeRawBufferPointer, _ body: (PackedEvent) -> Void) -> Bool {
        var offset = 0
        while let (event, next) = read(bytes, at: offset) {
            body(event)
            offset = next
        }
        return offset == bytes.count
    }
}
