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
        _ = take(UInt8(ascii: ","))
        skipSpace()
        let start = at
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\""), skipString() else { return nil }
        let keyEnd = at
        guard take(UInt8(ascii: ":")) else { return nil }
        skipSpace()
        let valueStart = at
        guard skipValue() else { return nil }
        return Member(start: start, keyEnd: keyEnd, valueStart: valueStart, end: at)
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

    @inline(__always)
    private mutating func skipString() -> Bool {
        at &+= 1
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                at &+= 1
                return true
            }
            at &+= byte == UInt8(ascii: "\\") ? 2 : 1
        }
        at = bytes.count
        return false
    }

    private mutating func skipNested() -> Bool {
        var depth = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth &+= 1
                at &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
                at &+= 1
                if depth == 0 { return true }
            default: at &+= 1
            }
        }
        return false
    }

    /// Hands on each element of the array that begins at `start`, as a range without the white space around it. The
    /// place behind the closing bracket; nil where the text ends before.
    static func elements(
        of bytes: UnsafeRawBufferPointer, from start: Int, _ body: (Range<Int>) -> Void
    ) -> Int? {
        var text = RawText(bytes)
        text.at = start
        guard text.take(UInt8(ascii: "[")) else { return nil }
        if text.take(UInt8(ascii: "]")) { return text.at }
        while true {
            text.skipSpace()
            let first = text.at
            guard text.skipValue() else { return nil }
            var end = text.at
            // What stands between a value and the next comma belongs to it, so that its parser refuses it.
            while text.at < bytes.count, bytes[text.at] != UInt8(ascii: ","), bytes[text.at] != UInt8(ascii: "]") {
                text.skipSpace()
                guard text.at < bytes.count else { return nil }
                if bytes[text.at] == UInt8(ascii: ",") || bytes[text.at] == UInt8(ascii: "]") { break }
                if bytes[text.at] == UInt8(ascii: "}") { text.at &+= 1 } else if !text.skipValue() { return nil }
                end = text.at
            }
            guard text.at < bytes.count else { return nil }
            body(first..<end)
            if text.take(UInt8(ascii: "]")) { return text.at }
            guard text.take(UInt8(ascii: ",")) else { return nil }
        }
    }
}
