// The values a BSONWriter appends to the open document. Each call writes one element, or nothing after a fault.

extension BSONWriter {
    @inlinable public mutating func append(int32 value: Int32, key: BSONKey) {
        element(0x10, key, 4)?.storeBytes(of: value.littleEndian, as: Int32.self)
    }

    @inlinable public mutating func append(int64 value: Int64, key: BSONKey) {
        element(0x12, key, 8)?.storeBytes(of: value.littleEndian, as: Int64.self)
    }

    /// The smallest integer that holds the value: int32 where it fits, else int64.
    @inlinable public mutating func append(integer value: Int64, key: BSONKey) {
        if let small = Int32(exactly: value) { append(int32: small, key: key) } else { append(int64: value, key: key) }
    }

    @inlinable public mutating func append(double value: Double, key: BSONKey) {
        element(0x01, key, 8)?.storeBytes(of: value.bitPattern.littleEndian, as: UInt64.self)
    }

    @inlinable public mutating func append(bool value: Bool, key: BSONKey) {
        element(0x08, key, 1)?.storeBytes(of: value ? 1 : 0, as: UInt8.self)
    }

    @inlinable public mutating func appendNull(key: BSONKey) { _ = element(0x0A, key, 0) }

    /// A point in time, in milliseconds since 1970 UTC.
    @inlinable public mutating func append(dateMilliseconds value: Int64, key: BSONKey) {
        element(0x09, key, 8)?.storeBytes(of: value.littleEndian, as: Int64.self)
    }

    /// A string given as UTF-8, which is not checked; NUL inside is fine.
    @inlinable public mutating func append(utf8 value: UnsafeBufferPointer<UInt8>, key: BSONKey) {
        let count = value.count
        guard let at = element(0x02, key, count &+ 5) else { return }
        at.storeBytes(of: UInt32(truncatingIfNeeded: count &+ 1).littleEndian, as: UInt32.self)
        if let source = value.baseAddress { copyBytes(from: UnsafeRawPointer(source), to: at + 4, count) }
        at.storeBytes(of: 0, toByteOffset: count &+ 4, as: UInt8.self)
    }

    public mutating func append(string value: String, key: BSONKey) {
        var value = value
        value.withUTF8 { append(utf8: $0, key: key) }
    }

    /// Bytes of the generic subtype.
    public mutating func append(binary value: UnsafeRawBufferPointer, key: BSONKey) {
        guard let at = element(0x05, key, value.count &+ 5) else { return }
        at.storeBytes(of: UInt32(truncatingIfNeeded: value.count).littleEndian, as: UInt32.self)
        at.storeBytes(of: 0, toByteOffset: 4, as: UInt8.self)
        if let source = value.baseAddress { copyBytes(from: source, to: at + 5, value.count) }
    }

    /// A whole document as it stands.
    public mutating func append(document: BSONView, key: BSONKey) { append(raw: document.bytes, type: 0x03, key) }

    /// An element of another document, under a key of its own; types we have no name for are copied as they are.
    public mutating func append(element: BSONElement, key: BSONKey) {
        append(raw: element.value, type: element.rawType, key)
    }

    /// Every element of another document, into the open one.
    public mutating func append(membersOf document: BSONView) {
        let members = UnsafeRawBufferPointer(rebasing: document.bytes[4..<document.bytes.count - 1])
        guard let at = room(members.count), let source = members.baseAddress else { return }
        copyBytes(from: source, to: at, members.count)
    }

    private mutating func append(raw value: UnsafeRawBufferPointer, type: UInt8, _ key: BSONKey) {
        guard let at = self.element(type, key, value.count), let source = value.baseAddress else { return }
        copyBytes(from: source, to: at, value.count)
    }
}
