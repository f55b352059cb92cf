// An IP address and a port to listen on, as "host:port" or "[::1]:7780" in the configuration. No names: what is
// listened on must not depend on a resolver.
import Linux

/// Where a server listens.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// The address in text as inet_pton takes it: "127.0.0.1", "::1" (no brackets).
    public let host: String
    /// 1 to 65535.
    public let port: UInt16
    /// The address as IPv6, an IPv4 one mapped (::ffff:a.b.c.d). 16 bytes, network order.
    public let address16: [UInt8]

    /// 127.0.0.1 at this port.
    public static func loopback(port: UInt16) -> ListenAddress {
        ListenAddress(
            host: "127.0.0.1", port: port, address16: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1])
    }

    private init(host: String, port: UInt16, address16: [UInt8]) {
        self.host = host
        self.port = port
        self.address16 = address16
    }

    /// Reads "127.0.0.1:7780" or "[::1]:7780"; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(portText), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard let bytes = IPAddress.bytes16(String(host)) else { return nil }
        self.init(host: String(host), port: port, address16: bytes)
    }

    /// Whether only this host can reach it: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { IPAddress.isLoopback(address16) }

    /// Whether it is an IPv4 address.
    public var isIPv4: Bool { !host.contains(":") }

    /// Whether it stands for every address of the host: 0.0.0.0 or [::].
    public var isWildcard: Bool { IPAddress.isUnspecified(address16) }

    /// As it is written in the configuration.
    public var description: String { isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    /// Whether the two cannot both be listened on.
    func collides(with other: ListenAddress) -> Bool {
        port == other.port && (address16 == other.address16 || isWildcard || other.isWildcard)
    }
}

/// Text to bytes and what the bytes mean.
enum IPAddress {
    /// The 16 bytes of an IPv6 address, or of an IPv4 address mapped into IPv6; nil when `text` is neither.
    static func bytes16(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return [UInt8](repeating: 0, count: 10) + [255, 255] + withUnsafeBytes(of: &four) { [UInt8]($0) }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) { [UInt8]($0) }
    }

    static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes.count == 16 && bytes[10] == 255 && bytes[11] == 255 && bytes.prefix(10).allSatisfy { $0 == 0 }
    }

    static func isLoopback(_ bytes: [UInt8]) -> Bool {
        if isMapped(bytes) { return bytes[12] == 127 }
        return bytes.count == 16 && bytes.prefix(15).allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    static func isUnspecified(_ bytes: [UInt8]) -> Bool {
        bytes.enumerated().allSatisfy { index, byte in
            byte == 0 || (isMapped(bytes) && index < 12)
        }
    }
}
