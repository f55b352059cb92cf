// A range of addresses in CIDR notation, IPv4 and IPv6 alike: everything is compared as 16 bytes.

/// Addresses that share a prefix, e.g. 10.0.0.0/8 or fd00::/8.
public struct AddressRange: Sendable, Equatable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    /// First address of the range as IPv6, an IPv4 one mapped. 16 bytes, network order.
    public let network16: [UInt8]
    /// How many leading bits of the 16 bytes must agree, 0 to 128; an IPv4 /8 is 104 here.
    public let prefixBits: Int

    /// Reads "10.0.0.0/8", "fd00::/8" or a single address; nil for anything else, and where bits after the prefix
    /// are set ("10.0.0.1/8"), which is a slip more often than meant.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, let bytes = IPAddress.bytes16(String(host)) else { return nil }
        let isIPv4 = !host.contains(":")
        var bits = 128
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
                let given = Int(parts[1]), given <= (isIPv4 ? 32 : 128)
            else { return nil }
            bits = isIPv4 ? 96 + given : given
        }
        for bit in bits..<128 where bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        description = text
        network16 = bytes
        prefixBits = bits
    }

    /// Whether `address` (16 bytes, IPv4 mapped into IPv6) lies in the range. False for any other length.
    public func contains(_ address: UnsafeRawBufferPointer) -> Bool {
        guard address.count == 16 else { return false }
        let whole = prefixBits / 8
        for index in 0..<whole where address[index] != network16[index] { return false }
        guard whole < 16 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (prefixBits % 8))
        return (address[whole] ^ network16[whole]) & mask == 0
    }

    /// The same for an array of 16 bytes.
    public func contains(_ address16: [UInt8]) -> Bool {
        address16.withUnsafeBytes { contains($0) }
    }
}
