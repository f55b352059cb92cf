// The keys that senders show. A comparison takes as long for a wrong key as for a right one, whichever key it is.
import Settings

public struct WriteKeys: Sendable {
    private let keys: [(name: String, key: [UInt8], member: [UInt8])]

    public init(_ keys: [WebSettings.WriteKey]) {
        self.keys = keys.map { ($0.name, Array($0.key.revealed.utf8), Origin.sourceMember($0.name)) }
    }

    /// Whether any key or none will do.
    public var isOpen: Bool { keys.isEmpty }

    /// The `source` member for the events of a sender who shows `key`; nil where the key is none of ours.
    public func sourceMember(for key: some Collection<UInt8>) -> [UInt8]? {
        guard !isOpen else { return [] }
        var found: [UInt8]?
        for known in keys where SameBytes.inConstantTime(known.key, key) { found = known.member }
        return found
    }
}

public enum SameBytes {
    /// Whether both are equal, in a time that depends on the length of `given` alone.
    public static func inConstantTime(_ secret: [UInt8], _ given: some Collection<UInt8>) -> Bool {
        var difference: UInt8 = secret.count == given.count ? 0 : 1
        let limit = max(secret.count, 1)
        var index = 0
        for byte in given.prefix(4096) {
            difference |= byte ^ (secret.isEmpty ? 0xFF : secret[index % limit])
            index += 1
        }
        return difference == 0 && !secret.isEmpty
    }
}

/// `Authorization: Basic …`: name and password.
public enum BasicCredentials {
    /// nil where the header is of another kind, or is not base64 of `name:password`.
    public static func read(_ header: some Collection<UInt8>) -> (name: [UInt8], password: [UInt8])? {
        let front = Array("basic ".utf8)
        let bytes = Array(header)
        guard bytes.count > front.count,
            zip(bytes, front).allSatisfy({ ($0.0 | ($0.1 == 0x20 ? 0 : 0x20)) == $0.1 }),
            let decoded = Base64.decode(bytes[front.count...]),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return (Array(decoded[..<colon]), Array(decoded[(colon + 1)...]))
    }
}

/// Base64 of RFC 4648, with or without padding, also the alphabet for addresses.
public enum Base64 {
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var held: UInt32 = 0
        var bits = 0
        var isEnding = false
        for byte in text {
            if byte == UInt8(ascii: "=") {
                isEnding = true
                continue
            }
            guard !isEnding, let value = value(byte) else { return nil }
            held = held << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
            }
        }
        return bits == 6 ? nil : bytes
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x61 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
