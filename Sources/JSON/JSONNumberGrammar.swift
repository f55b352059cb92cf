// Tells a number that is no JSON (01, 1., +1) from one that is too large, where simdjson says the same of both.
// Only texts that were refused already come here, so it may be slow.

enum JSONNumberGrammar {
    /// Whether every number outside strings has the form of RFC 8259, section 6.
    static func allWellFormed(in text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                index = endOfString(in: text, from: index)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard let end = endOfNumber(in: text, from: index) else { return false }
                index = end
            default:
                index += 1
            }
        }
        return true
    }

    private static func endOfString(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start + 1
        while index < text.count {
            if text[index] == UInt8(ascii: "\\") {
                index += 2
            } else if text[index] == UInt8(ascii: "\"") {
                return index + 1
            } else {
                index += 1
            }
        }
        return text.count
    }

    private static func endOfNumber(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        func isDigit(_ at: Int) -> Bool { at < text.count && (0x30...0x39).contains(text[at]) }
        func digits() -> Bool {
            guard isDigit(index) else { return false }
            while isDigit(index) { index += 1 }
            return true
        }
        if text[index] == UInt8(ascii: "-") { index += 1 }
        if index < text.count, text[index] == UInt8(ascii: "0") {
            index += 1
            if isDigit(index) { return nil }
        } else if !digits() {
            return nil
        }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() else { return nil }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
            guard digits() else { return nil }
        }
        let ends: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")]
        return index >= text.count || ends.contains(text[index]) ? index : nil
    }
}
