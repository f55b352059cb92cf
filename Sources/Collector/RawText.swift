// Where things lie in the text of a JSON object or array, by brackets and strings alone. Pieces are cut out here and
// parsed apart, so that one bad event does not spoil its batch; a text need not be valid, only every index is kept
// inside it. No allocation.

struct RawText {
    let bytes: UnsafeRawBufferPointer
    /// The next byte to look at.
    private(set) var at = 0

    /// A member of an object: from its key's quote to behind its value.
    struct Member {
        let start: Int
        /// Behind the key's closing quote.
        let keyEnd: Int
        let valueStart: Int
        let end: Int
    }

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Steps over `byte` after white space; false, and only the white space, where another stands.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at &+= 1
        return true
    }

    /// Whether nothing but white space follows.
    var isAtEnd: Bool {
        var rest = self
        rest.skipSpace()
        return rest.at == bytes.count
    }

    @inline(__always)
    private mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at &+= 1
            default: return
            }
        }
    }

    /// The next member of the object whose brace was taken; nil at its end, which stays, and where the text is broken.
    @inline(__always)
    mutating func member() -> Member? {
        guard let key = key() else { return nil }
        let valueStart = at
        guard skipValue() else { return nil }
        return Member(start: key.lowerBound, keyEnd: key.upperBound, valueStart: valueStart, end: at)
    }

    /// The next member's key, with its quotes; what comes next is its value. nil as for `member`.
    @inline(__always)
    mutating func key() -> Range<Int>? {
        _ = take(UInt8(ascii: ","))
        skipSpace()
        let start = at
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\""), skipString() else { return nil }
        let end = at
        guard take(UInt8(ascii: ":")) else { return nil }
        skipSpace()
        return start..<end
    }

    /// Steps over one value, whatever is in it. False where the text ends inside.
    mutating func skipValue() -> Bool {
        skipSpace()
        guard at < bytes.count else { return false }
        switch bytes[at] {
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested()
        default:
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09: return true
                default: at &+= 1
                }
            }
            return true
        }
    }

    private mutating func skipString() -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let end = RawText.behindString(base, at, bytes.count)
        at = min(end, bytes.count)
        return end <= bytes.count
    }

    /// Behind the string whose quote is at `start`; beyond `count` where it does not end.
    @inline(__always)
    private static func behindString(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int {
        var index = start &+ 1
        while index < count {
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: "\"") { return index &+ 1 }
            index &+= byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return count &+ 1
    }

    /// The loop that every byte of a batch goes through: its place and depth are locals, so that they stay in registers.
    private mutating func skipNested() -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let count = bytes.count
        var index = at
        var depth = 0
        while index < count {
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: "\"") {
                index = RawText.behindString(base, index, count)
                continue
            }
            index &+= 1
            // Brackets and braces differ in one bit.
            switch byte | 0x20 {
            case UInt8(ascii: "{"): depth &+= 1
            case UInt8(ascii: "}"):
                depth &-= 1
                if depth == 0 {
                    at = index
                    return true
                }
            default: break
            }
        }
        at = count
        return false
    }

    /// Steps over the array that begins here and adds the range of each element, without the white space around it. False
    /// where no array begins, or the text ends inside.
    mutating func takeElements(_ ranges: inout [Range<Int>]) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        while true {
            skipSpace()
            let first = at
            guard skipValue() else { return false }
            var end = at
            skipSpace()
            // What stands between a value and the next comma belongs to it, so that its parser refuses it.
            while at < bytes.count, bytes[at] != UInt8(ascii: ","), bytes[at] != UInt8(ascii: "]") {
                if bytes[at] == UInt8(ascii: "}") { at &+= 1 } else if !skipValue() { return false }
                end = at
                skipSpace()
            }
            ranges.append(first..<end)
            if take(UInt8(ascii: "]")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }
}
