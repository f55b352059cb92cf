// BSON values as Swift values, for commands, filters and reports: small, ordered, written as literals. Not for the way
// of an event, which BSONWriter writes without them.

public indirect enum BSONValue: Sendable, Equatable {
    case string(String)
    /// int32 where it fits, else int64.
    case integer(Int64)
    /// int64 always, for what others compare or add to as such.
    case int64(Int64)
    case double(Double)
    case bool(Bool)
    case null
    /// Milliseconds since 1970 UTC.
    case date(Int64)
    case binary([UInt8])
    case document(BSONDocument)
    case array([BSONValue])
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: BSONValue...) { self = .array(elements) }
    /// Keeps the order, and a key given twice.
    public init(dictionaryLiteral elements: (String, BSONValue)...) { self = .document(BSONDocument(elements)) }
}

extension BSONWriter {
    public mutating func append(value: BSONValue, key: BSONKey) {
        switch value {
        case .string(let text): append(string: text, key: key)
        case .integer(let number): append(integer: number, key: key)
        case .int64(let number): append(int64: number, key: key)
        case .double(let number): append(double: number, key: key)
        case .bool(let claim): append(bool: claim, key: key)
        case .null: appendNull(key: key)
        case .date(let milliseconds): append(dateMilliseconds: milliseconds, key: key)
        case .binary(let bytes): bytes.withUnsafeBytes { append(binary: $0, key: key) }
        case .document(let document): document.withView { append(document: $0, key: key) }
        case .array(let values):
            beginArray(key: key)
            for (index, value) in values.enumerated() { append(value: value, key: .index(index)) }
            end()
        }
    }

    /// The same with a key made at run time.
    public mutating func append(value: BSONValue, name: String) {
        var name = name
        name.withUTF8 { append(value: value, key: BSONKey($0)) }
    }
}

extension BSONElement {
    /// The value as a Swift value; nil for types that BSONValue has no case for (object id, timestamp, decimal, …).
    public var asValue: BSONValue? {
        switch rawType {
        case 0x01: double.map(BSONValue.double)
        case 0x02, 0x0E: string.map(BSONValue.string)
        case 0x03: document.map { .document($0.copied) }
        case 0x04: document.map { .array($0.map { $0.asValue ?? .null }) }
        case 0x05: binary.map { .binary(Array($0)) }
        case 0x08: bool.map(BSONValue.bool)
        case 0x09: dateMilliseconds.map(BSONValue.date)
        case 0x0A: .null
        case 0x10: integer.map(BSONValue.integer)
        case 0x12: integer.map(BSONValue.int64)
        default: nil
        }
    }
}
