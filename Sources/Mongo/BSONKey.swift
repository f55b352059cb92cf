// The key of a BSON element: a literal of ours, bytes from outside, or an array's index. A view without ownership;
// makes no String and no allocation.

/// A key for `BSONWriter`: a string literal, `BSONKey(bytes)` or `.index(n)`. Valid as long as its bytes are.
@frozen
public struct BSONKey: ExpressibleByStringLiteral {
    /// nil: `count` is an array's index, written as decimal digits.
    @usableFromInline let bytes: UnsafePointer<UInt8>?
    @usableFromInline let count: Int
    /// Bytes from outside may hold a NUL, which would end the key early.
    @usableFromInline let mayHoldNUL: Bool

    @inlinable init(bytes: UnsafePointer<UInt8>?, count: Int, mayHoldNUL: Bool) {
        self.bytes = bytes
        self.count = count
        self.mayHoldNUL = mayHoldNUL
    }

    /// A key from the source code; it must hold no NUL.
    @inlinable public init(stringLiteral literal: StaticString) {
        self.init(bytes: literal.utf8Start, count: literal.utf8CodeUnitCount, mayHoldNUL: false)
    }

    /// A key from outside, UTF-8. A NUL inside is written as `?`: BSON cannot say it, and the document stays sound.
    @inlinable public init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(bytes: bytes.baseAddress ?? Self.nothing, count: bytes.count, mayHoldNUL: true)
    }

    /// The key of an array's element; negative is taken as 0.
    @inlinable public static func index(_ index: Int) -> BSONKey {
        BSONKey(bytes: nil, count: max(index, 0), mayHoldNUL: false)
    }

    @usableFromInline static var nothing: UnsafePointer<UInt8> { ("" as StaticString).utf8Start }

    /// How many bytes the key takes, without the NUL behind it.
    @inlinable var length: Int { bytes != nil || count < 10 ? (bytes != nil ? count : 1) : Self.digits(count) }

    @usableFromInline static func digits(_ number: Int) -> Int {
        var left = number
        var digits = 1
        while left >= 10 {
            left /= 10
            digits += 1
        }
        return digits
    }

    /// Writes `length` bytes and the NUL.
    @inlinable func write(to target: UnsafeMutableRawPointer, length: Int) {
        if let bytes {
            copyBytes(from: UnsafeRawPointer(bytes), to: target, length)
            if mayHoldNUL { Self.replaceNUL(in: target, length) }
        } else if length == 1 {
            target.storeBytes(of: 0x30 &+ UInt8(truncatingIfNeeded: count), as: UInt8.self)
        } else {
            Self.writeDigits(count, to: target, length)
        }
        target.storeBytes(of: 0, toByteOffset: length, as: UInt8.self)
    }

    @usableFromInline static func writeDigits(_ number: Int, to target: UnsafeMutableRawPointer, _ length: Int) {
        var left = number
        for at in stride(from: length - 1, through: 0, by: -1) {
            target.storeBytes(of: 0x30 + UInt8(left % 10), toByteOffset: at, as: UInt8.self)
            left /= 10
        }
    }

    /// Looks at eight bytes at a time: `x - 0x01… & ~x & 0x80…` is not 0 where a byte of x is.
    @inlinable static func replaceNUL(in key: UnsafeMutableRawPointer, _ length: Int) {
        var at = 0
        while at &+ 8 <= length {
            let word = key.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { break }
            at &+= 8
        }
        while at < length {
            if key.load(fromByteOffset: at, as: UInt8.self) == 0 {
                key.storeBytes(of: UInt8(ascii: "?"), toByteOffset: at, as: UInt8.self)
            }
            at &+= 1
        }
    }
}

/// Copies `count` bytes; short ones, as keys and most values are, without a call.
@inlinable @inline(__always)
func copyBytes(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int) {
    if count > 16 {
        target.copyMemory(from: source, byteCount: count)
    } else if count >= 8 {
        let head = source.loadUnaligned(as: UInt64.self)
        let tail = source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        target.storeBytes(of: head, as: UInt64.self)
        target.storeBytes(of: tail, toByteOffset: count &- 8, as: UInt64.self)
    } else if count >= 4 {
        let head = source.loadUnaligned(as: UInt32.self)
        let tail = source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
        target.storeBytes(of: head, as: UInt32.self)
        target.storeBytes(of: tail, toByteOffset: count &- 4, as: UInt32.self)
    } else {
        var at = 0
        while at < count {
            target.storeBytes(of: source.load(fromByteOffset: at, as: UInt8.self), toByteOffset: at, as: UInt8.self)
            at &+= 1
        }
    }
}
