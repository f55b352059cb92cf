// A visitor as reports count it: 128 bits over its text, so that a million visitors are compared as two words each.
// Two different texts meet with a chance of one in 10^26 among a million million pairs: exact, as counting goes. Kept
// in roll-ups, so it never changes.

public struct VisitorID: Hashable, Sendable, Comparable, BitwiseCopyable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of `a:…` or `u:…`; the highest bit says which.
    public init(_ visitor: String) {
        var visitor = visitor
        self = visitor.withUTF8 { VisitorID($0, isUser: $0.first == UInt8(ascii: "u")) }
    }

    /// Of any text: orders are told apart so too.
    public init(text: String) {
        var text = text
        self = text.withUTF8 { VisitorID($0, isUser: false) }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, isUser: Bool) {
        var a: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
        var b: UInt64 = 0xC2B2_AE3D_27D4_EB4F &+ UInt64(bytes.count)
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        func add(_ word: UInt64) {
            a = VisitorID.fold(a ^ word, 0xA076_1D64_78BD_642F) &+ b
            b = VisitorID.fold(b ^ (word &<< 32 | word &>> 32), 0xE703_7ED1_A0B4_28DB) ^ a
        }
        while at + 8 <= raw.count {
            add(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            at += 8
        }
        var rest: UInt64 = 1
        while at < raw.count {
            rest = rest &<< 8 | UInt64(raw[at])
            at += 1
        }
        add(rest)
        add(0x8EBC_6AF0_9C88_C6E3)
        high = isUser ? a | 1 &<< 63 : a & ~(1 &<< 63)
        low = b
    }

    private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }

    /// The id is a hash already.
    @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// Known by a user id alone: counted as the `a:` its user was last seen with.
    @inlinable public var isUser: Bool { high &>> 63 == 1 }

    @inlinable public static func < (a: VisitorID, b: VisitorID) -> Bool {
        a.high != b.high ? a.high < b.high : a.low < b.low
    }
}
