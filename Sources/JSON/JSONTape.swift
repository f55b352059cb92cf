// The parsed text as simdjson lays it out: 64-bit words, tag in the top 8 bits, payload below; strings apart, each
// behind a 32-bit length. Format: https://github.com/simdjson/simdjson/blob/master/doc/tape.md
// Reads plain memory that the parser owns; bounds hold because simdjson wrote it.
import Glibc

/// What stands at a place of the tape: simdjson's tag itself. Not an enum, since reading one from a byte costs a call.
public struct JSONKind: Sendable, Equatable {
    public let rawValue: UInt8

    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var object: JSONKind { JSONKind(rawValue: 0x7B) }  // {
    @inlinable public static var objectEnd: JSONKind { JSONKind(rawValue: 0x7D) }  // }
    @inlinable public static var array: JSONKind { JSONKind(rawValue: 0x5B) }  // [
    @inlinable public static var arrayEnd: JSONKind { JSONKind(rawValue: 0x5D) }  // ]
    @inlinable public static var string: JSONKind { JSONKind(rawValue: 0x22) }  // "
    @inlinable public static var integer: JSONKind { JSONKind(rawValue: 0x6C) }  // l: Int64
    @inlinable public static var unsigned: JSONKind { JSONKind(rawValue: 0x75) }  // u: UInt64 above Int64.max
    @inlinable public static var double: JSONKind { JSONKind(rawValue: 0x64) }  // d
    @inlinable public static var `true`: JSONKind { JSONKind(rawValue: 0x74) }  // t
    @inlinable public static var `false`: JSONKind { JSONKind(rawValue: 0x66) }  // f
    @inlinable public static var null: JSONKind { JSONKind(rawValue: 0x6E) }  // n
    @inlinable public static var root: JSONKind { JSONKind(rawValue: 0x72) }  // r
}

public struct JSONTape {
    @usableFromInline let words: UnsafePointer<UInt64>
    @usableFromInline let strings: UnsafePointer<UInt8>

    @usableFromInline init(words: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>) {
        self.words = words
        self.strings = strings
    }

    /// The place of the text's value.
    @inlinable public var top: Int { 1 }

    @inlinable public func kind(_ place: Int) -> JSONKind {
        JSONKind(rawValue: UInt8(truncatingIfNeeded: words[place] &>> 56))
    }

    @inlinable func payload(_ place: Int) -> UInt64 { words[place] & 0x00FF_FFFF_FFFF_FFFF }

    /// The place behind the value at `place`, whatever it holds.
    @inlinable public func after(_ place: Int) -> Int {
        switch kind(place) {
        case .object, .array: Int(truncatingIfNeeded: payload(place) & 0xFFFF_FFFF)
        case .integer, .unsigned, .double: place &+ 2
        default: place &+ 1
        }
    }

    /// The bytes of the string (or key) at `place`, unescaped, UTF-8.
    @inlinable public func string(_ place: Int) -> UnsafeBufferPointer<UInt8> {
        let start = strings + Int(truncatingIfNeeded: payload(place))
        let count = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return UnsafeBufferPointer(start: start + 4, count: Int(count))
    }

    @inlinable public func integer(_ place: Int) -> Int64 { Int64(bitPattern: words[place &+ 1]) }
    @inlinable public func unsigned(_ place: Int) -> UInt64 { words[place &+ 1] }
    @inlinable public func double(_ place: Int) -> Double { Double(bitPattern: words[place &+ 1]) }

    /// Walks the members of the object at `place`: the key's bytes and the value's place.
    @inlinable public func members(
        of place: Int, _ body: (UnsafeBufferPointer<UInt8>, Int) throws -> Void
    ) rethrows {
        var at = place &+ 1
        while kind(at) != .objectEnd {
            let value = at &+ 1
            try body(string(at), value)
            at = after(value)
        }
    }

    /// Walks the elements of the array at `place`.
    @inlinable public func elements(of place: Int, _ body: (Int) throws -> Void) rethrows {
        var at = place &+ 1
        while kind(at) != .arrayEnd {
            try body(at)
            at = after(at)
        }
    }

    /// The value's place of the last member called `key` of the object at `place`; nil without one.
    public func member(_ key: StaticString, of place: Int) -> Int? {
        guard kind(place) == .object else { return nil }
        var found: Int?
        members(of: place) { name, value in if name.equals(key) { found = value } }
        return found
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes are the ASCII literal's.
    @inlinable public func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount, let baseAddress else { return count == literal.utf8CodeUnitCount }
        return memcmp(baseAddress, literal.utf8Start, count) == 0
    }
}
