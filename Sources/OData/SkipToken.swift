// Where the next page begins: the order's values of the last row given, and what the first request asked for. Opaque to
// clients, and worth nothing more than a filter: whatever is in it is read as the columns' own types.
import Mongo

struct SkipToken: Sendable {
    /// Beside the order's columns.
    var values: [Value]
    /// Rows still wanted; nil: all.
    var top: Int?
    var pageSize: Int
    /// What the first page counted.
    var count: Int?

    func text(_ set: EntitySet, _ order: [Ordering]) -> String {
        var document: BSONDocument = [
            "o": .string(SkipToken.signature(set, order)), "k": .array(values.map(\.bson)),
            "p": .int64(Int64(pageSize)),
        ]
        if let top { document.append("t", .int64(Int64(top))) }
        if let count { document.append("c", .int64(Int64(count))) }
        return Base64URL.text(document.bytes)
    }

    static func read(_ text: String, _ set: EntitySet, _ order: [Ordering]) throws(Fault) -> SkipToken {
        let damaged = Fault.bad("$skiptoken is none that this service gave for this request")
        guard text.utf8.count <= 24_000, let bytes = Base64URL.bytes(text) else { throw damaged }
        let token: SkipToken? = bytes.withUnsafeBytes { raw in
            guard let view = BSONView(raw), view.string("o") == signature(set, order), let keys = view.document("k"),
                let pageSize = view.integer("p"), (1...Int64(Int32.max)).contains(pageSize)
            else { return nil }
            let values = zip(keys.map { $0 }, order).map { Value($0, $1.column.type) }
            guard values.count == order.count else { return nil }
            func number(_ name: String) -> Int? { view.integer(name).map { Int(clamping: max(0, $0)) } }
            return SkipToken(values: values, top: number("t"), pageSize: Int(pageSize), count: number("c"))
        }
        guard let token else { throw damaged }
        return token
    }

    private static func signature(_ set: EntitySet, _ order: [Ordering]) -> String {
        set.name + ":" + order.map { ($0.isFalling ? "-" : "") + $0.column.name }.joined(separator: ",")
    }
}

/// RFC 4648's alphabet for addresses, without padding.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(word >> bits & 63)])
            }
            word &= 0xFF
        }
        if bits > 0 { text.append(alphabet[Int(word << (6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    package static func bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            word = (word << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return bytes
    }
}
