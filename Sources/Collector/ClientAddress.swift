// The address that is stored with an event: the client's, or what a proxy says the client's was, cut so that it names a
// network and no person: IPv4 to /24, IPv6 to /48.
import Linux

public enum ClientAddress {
    /// The address in an X-Forwarded-For header that the nearest proxy added: the last one. nil: none that is valid.
    public static func forwarded(_ header: String) -> [UInt8]? {
        guard let last = header.split(separator: ",").last else { return nil }
        return parse(last.trimmed)
    }

    /// The 16 bytes of an IPv6 address, or of an IPv4 one mapped into it; nil for any other text.
    public static func parse(_ text: some StringProtocol) -> [UInt8]? {
        let text = String(text)
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return [UInt8](repeating: 0, count: 10) + [255, 255] + withUnsafeBytes(of: &four) { Array($0) }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) { Array($0) }
    }

    /// The text of 16 bytes, cut to its network when `anonymized`; nil for no address.
    public static func text(_ bytes: [UInt8], anonymized: Bool) -> String? {
        guard bytes.count == 16, bytes.contains(where: { $0 != 0 }) else { return nil }
        if isMapped(bytes) { return "\(bytes[12]).\(bytes[13]).\(bytes[14]).\(anonymized ? 0 : bytes[15])" }
        let kept = anonymized ? Array(bytes[..<6]) + [UInt8](repeating: 0, count: 10) : bytes
        var buffer = [CChar](repeating: 0, count: 46)
        guard inet_ntop(AF_INET6, kept, &buffer, 46) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// An address in an event, cut likewise; anything else in its place stays as it is.
    static func cut(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard let address = parse(String(decoding: bytes, as: UTF8.self)), let text = text(address, anonymized: true)
        else { return Array(bytes) }
        return Array(text.utf8)
    }

    private static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes[10] == 255 && bytes[11] == 255 && bytes[..<10].allSatisfy { $0 == 0 }
    }
}

extension StringProtocol {
    /// Without spaces and tabs around it.
    var trimmed: SubSequence {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var rest = self[...]
        while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }
}
