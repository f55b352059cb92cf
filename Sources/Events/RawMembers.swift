// Where the members of a JSON object lie in its text, for leaving some out: the rare way, when a sender sets a field
// that is clickd's. The text has been parsed already, so it is known to be valid.

public enum RawMembers {
    /// The ranges of the top-level members, in order, of the object that `text` holds: key to value's end.
    public static func ranges(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var depth = 0
        var start: Int?
        var end = 0
        var index = 0
        func close() {
            if let begun = start { ranges.append(begun..<end) }
            start = nil
        }
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
                if depth == 0 { close() } else { end = index }
                continue
            case UInt8(ascii: "\""):
                if depth == 1, start == nil { start = index }
                index = behindString(in: text, from: index)
            case UInt8(ascii: ",") where depth == 1:
                close()
                index += 1
                continue
            case 0x20, 0x09, 0x0A, 0x0D:
                index += 1
                continue
            default: index += 1
            }
            end = index
        }
        return ranges
    }

    private static func behindString(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start + 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, text.count)
    }
}
