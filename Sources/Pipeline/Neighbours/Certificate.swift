// From when until when a certificate holds: all that has to be known of one here. It is read from PEM or DER without a
// cryptographic library (X.509's outer shape: https://www.rfc-editor.org/rfc/rfc5280#section-4.1); whether it is genuine
// is for TLS to say. Pure but for `read`.
import Linux

public struct Certificate: Sendable, Equatable {
    /// Seconds since 1970.
    public let notBefore: Int64
    public let notAfter: Int64

    /// The first certificate of a PEM file; nil where it cannot be read or holds none.
    public static func read(_ path: String) -> Certificate? {
        guard let bytes = try? Files.read(path, limit: 1 << 20) else { return nil }
        return Certificate(pem: String(decoding: bytes, as: UTF8.self))
    }

    public init?(pem: String) {
        var encoded: [UInt8] = []
        var isInside = false
        for line in pem.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----END CERTIFICATE") { break }
            if isInside { encoded += Array(line.utf8) }
            if line.hasPrefix("-----BEGIN CERTIFICATE") { isInside = true }
        }
        guard isInside, let bytes = Certificate.base64(encoded) else { return nil }
        self.init(der: bytes)
    }

    public init?(der: [UInt8]) {
        var whole = DER(der[...])
        guard var certificate = whole.next(), var body = certificate.contents.next() else { return nil }
        // version (tagged, may be missing), serial number, algorithm, issuer, validity.
        guard var field = body.contents.next() else { return nil }
        if field.tag == 0xA0 { guard let serial = body.contents.next() else { return nil }; field = serial }
        guard body.contents.next() != nil, body.contents.next() != nil, var validity = body.contents.next(),
            let begin = validity.contents.next().flatMap(Certificate.time),
            let end = validity.contents.next().flatMap(Certificate.time)
        else { return nil }
        notBefore = begin
        notAfter = end
    }

    /// A tag, a length, and the bytes, which may hold more of these.
    private struct Node {
        let tag: UInt8
        var contents: DER
    }

    private struct DER {
        var bytes: ArraySlice<UInt8>
        init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

        mutating func next() -> Node? {
            var rest = bytes
            guard let tag = rest.popFirst(), let first = rest.popFirst() else { return nil }
            var length = Int(first)
            if first >= 0x80 {
                guard (0x81...0x84).contains(first) else { return nil }
                length = 0
                for _ in 0x80..<first {
                    guard let byte = rest.popFirst() else { return nil }
                    length = length << 8 | Int(byte)
                }
            }
            guard length <= rest.count else { return nil }
            bytes = rest.dropFirst(length)
            return Node(tag: tag, contents: DER(rest.prefix(length)))
        }
    }

    /// UTCTime (YYMMDDhhmmssZ, 1950 to 2049) or GeneralizedTime (YYYYMMDDhhmmssZ).
    private static func time(_ node: Node) -> Int64? {
        var digits = node.contents.bytes.prefix { (0x30...0x39).contains($0) }.map { Int($0) - 0x30 }
        if node.tag == 0x17, digits.count == 12 { digits = (digits[0] >= 5 ? [1, 9] : [2, 0]) + digits }
        guard node.tag == 0x17 || node.tag == 0x18, digits.count == 14 else { return nil }
        func number(_ from: Int, _ count: Int) -> Int32 {
            Int32(digits[from..<from + count].reduce(0) { $0 * 10 + $1 })
        }
        var parts = tm()
        parts.tm_year = number(0, 4) - 1900
        parts.tm_mon = number(4, 2) - 1
        parts.tm_mday = number(6, 2)
        parts.tm_hour = number(8, 2)
        parts.tm_min = number(10, 2)
        parts.tm_sec = number(12, 2)
        return Int64(timegm(&parts))
    }

    private static func base64(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for character in text where character != UInt8(ascii: "=") {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = (bits << 6 | Int(value)) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }
}

extension Certificate {
    /// Why it does not hold at `seconds` since 1970; nil where it does.
    public func fault(at seconds: Int64) -> String? {
        if seconds > notAfter { return "has expired on \(Certificate.day(notAfter))" }
        return seconds < notBefore ? "holds only from \(Certificate.day(notBefore)) on" : nil
    }

    /// "2026-11-24"
    public static func day(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }
}
