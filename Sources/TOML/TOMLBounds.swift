// What a text must keep to before toml++ sees it. Its tables are destroyed by recursion, and a dotted key makes a
// table a part: a megabyte of "a.a.a." would overflow the stack. So size and the parts of a key are bounded first.
// The scan knows strings and comments just well enough to count dots in keys; the grammar stays toml++'s.

enum TOMLBounds {
    /// Most bytes of a text: far above any configuration written by a person.
    static let maxBytes = 1 << 20
    /// Most parts of a dotted key. librdkafka's longest property name has 6.
    static let maxKeyParts = 32

    /// What is wrong with `text` and where; nil when it keeps to the bounds.
    static func fault(in text: UnsafeBufferPointer<UInt8>) -> (line: Int, column: Int, text: String)? {
        if text.count > maxBytes {
            return (1, 1, "longer than \(maxBytes >> 20) MiB, which no configuration is")
        }
        var scan = Scan(text: text)
        while scan.index < text.count {
            if let fault = scan.step() { return fault }
        }
        return nil
    }
}

/// One pass over a text.
private struct Scan {
    let text: UnsafeBufferPointer<UInt8>
    var index = 0
    var line = 1
    var lineStart = 0
    /// Dots since the last byte that cannot be part of a dotted key.
    var dots = 0

    init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func step() -> (line: Int, column: Int, text: String)? {
        let byte = text[index]
        switch byte {
        case UInt8(ascii: "\n"):
            newline()
            dots = 0
        case UInt8(ascii: "#"):
            while index + 1 < text.count, text[index + 1] != UInt8(ascii: "\n"), text[index + 1] != 0 { index += 1 }
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            skipString(quote: byte)
        case UInt8(ascii: "."):
            dots += 1
            if dots >= TOMLBounds.maxKeyParts {
                return (line, column, "a key of more than \(TOMLBounds.maxKeyParts) parts")
            }
        case UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"):
            dots = 0
        case 0:
            return (line, column, "a NUL byte; a configuration is text")
        default:
            break
        }
        index += 1
        return nil
    }

    private var column: Int { index - lineStart + 1 }

    private mutating func newline() {
        line += 1
        lineStart = index + 1
    }

    /// Leaves `index` on the closing quote, or before the end of the line or text where there is none.
    private mutating func skipString(quote: UInt8) {
        let isLong = index + 2 < text.count && text[index + 1] == quote && text[index + 2] == quote
        if isLong { index += 2 }
        while index + 1 < text.count {
            let next = text[index + 1]
            if next == 0 || (next == UInt8(ascii: "\n") && !isLong) { return }
            index += 1
            if next == UInt8(ascii: "\n") { newline() }
            if next == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), index + 1 < text.count {
                if text[index + 1] == UInt8(ascii: "\n") { continue }
                index += 1
            } else if next == quote {
                guard isLong else { return }
                if index + 2 < text.count, text[index + 1] == quote, text[index + 2] == quote {
                    index += 2
                    return
                }
            }
        }
    }
}
