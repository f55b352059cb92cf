// One element of a BSON document where it lies: key, type, value. Accessors give nil where the type is another.

public struct BSONElement {
    /// The type's number in BSON's specification.
    public let rawType: UInt8
    /// The key's bytes, UTF-8, without NUL.
    public let key: UnsafeBufferPointer<UInt8>
    /// The value's bytes; checked to be as many as the type says.
    public let value: UnsafeRawBufferPointer

    public var name: String { String(decoding: key, as: UTF8.self) }
    public var isNull: Bool { rawType == 0x0A }

    /// The bytes of a string, UTF-8.
    public var utf8: UnsafeBufferPointer<UInt8>? {
        guard rawType == 0x02 || rawType == 0x0D || rawType == 0x0E else { return nil }
        return UnsafeRawBufferPointer(rebasing: value[4..<value.count - 1]).assumingMemoryBound(to: UInt8.self)
    }

    public var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

    /// An integer of either width, or a double without a fraction.
    public var integer: Int64? {
        switch rawType {
        case 0x10: Int64(Int32(bitPattern: value.uint32(at: 0)))
        case 0x12: value.int64(at: 0)
        case 0x01: Int64(exactly: Double(bitPattern: UInt64(bitPattern: value.int64(at: 0))))
        default: nil
        }
    }

    /// Any number, as a double.
    public var double: Double? {
        rawType == 0x01 ? Double(bitPattern: UInt64(bitPattern: value.int64(at: 0))) : integer.map(Double.init)
    }

    public var bool: Bool? { rawType == 0x08 ? value[0] != 0 : nil }

    /// A date, in milliseconds since 1970 UTC.
    public var dateMilliseconds: Int64? { rawType == 0x09 ? value.int64(at: 0) : nil }

    /// An object, or an array as a document with the keys "0", "1", …
    public var document: BSONView? { rawType == 0x03 || rawType == 0x04 ? BSONView(value) : nil }
    public var isArray: Bool { rawType == 0x04 }

    /// The bytes of a binary value, whatever its subtype.
    public var binary: UnsafeRawBufferPointer? {
        rawType == 0x05 ? UnsafeRawBufferPointer(rebasing: value[5...]) : nil
    }

    /// How many bytes a value of `type` takes that begins at `start`; nil where it is malformed or would pass `end`.
    static func length(of type: UInt8, _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int? {
        func prefixed() -> Int? { end - start >= 4 ? Int(bytes.uint32(at: start)) : nil }
        switch type {
        case 0x01, 0x09, 0x11, 0x12: return 8
        case 0x02, 0x0D, 0x0E:
            guard let text = prefixed(), text >= 1, text <= end - start - 4 else { return nil }
            return bytes[start + 3 + text] == 0 ? 4 + text : nil
        case 0x03, 0x04, 0x0F: return prefixed().flatMap { $0 >= 5 ? $0 : nil }
        case 0x05: return prefixed().map { $0 + 5 }
        case 0x06, 0x0A, 0x7F, 0xFF: return 0
        case 0x07: return 12
        case 0x08: return 1
        case 0x0B:
            guard let pattern = bytes.cString(from: start, to: end),
                let options = bytes.cString(from: start + pattern.count + 1, to: end)
            else { return nil }
            return pattern.count + options.count + 2
        case 0x0C: return prefixed().flatMap { $0 >= 1 ? $0 + 16 : nil }
        case 0x10: return 4
        case 0x13: return 16
        default: return nil
        }
    }
}
