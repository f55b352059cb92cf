// Cuts an OData expression ($filter, a key's predicate) into names, literals and marks. Every byte is looked at once; what
// fits nothing is a mistake with its place.
import Events
import Reports

enum Token: Sendable {
    case name(String)
    case literal(Value)
    case open, close, comma, equals
    case end
}

struct Lexer {
    private let bytes: [UInt8]
    private(set) var at = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Whether white space stood before the token last read: operators need it around them.
    private(set) var wasSpaced = false

    mutating func next() throws(Fault) -> Token {
        let start = at
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
        wasSpaced = at > start
        guard at < bytes.count else { return .end }
        let byte = bytes[at]
        switch byte {
        case UInt8(ascii: "("): return mark(.open)
        case UInt8(ascii: ")"): return mark(.close)
        case UInt8(ascii: ","): return mark(.comma)
        case UInt8(ascii: "="): return mark(.equals)
        case UInt8(ascii: "'"): return .literal(.text(try text()))
        case UInt8(ascii: "-"), 0x30...0x39: return .literal(try number())
        case UInt8(ascii: "/"), UInt8(ascii: "$"), UInt8(ascii: "@"):
            throw .unsupported("paths, $it and parameter aliases are not supported (place \(at))")
        case _ where Lexer.isLetter(byte): return try name()
        default: throw .bad("the expression has something unexpected at place \(at)")
        }
    }

    private mutating func mark(_ token: Token) -> Token {
        at += 1
        return token
    }

    /// Between single quotes; one within is doubled.
    private mutating func text() throws(Fault) -> String {
        var text: [UInt8] = []
        at += 1
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "'") {
                guard at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "'") else {
                    at += 1
                    return String(decoding: text, as: UTF8.self)
                }
                at += 1
            }
            text.append(bytes[at])
            at += 1
        }
        throw .bad("a text is not closed: it ends with ', and a ' within is doubled")
    }

    /// A number, a date, or a date with time.
    private mutating func number() throws(Fault) -> Value {
        let start = at
        at += 1
        while at < bytes.count, Lexer.isLetter(bytes[at]) || Lexer.isDigit(bytes[at]) || ".:+-".utf8.contains(bytes[at])
        {
            at += 1
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if text == "-INF" { throw .unsupported("INF and NaN are not supported") }
        if let day = Day(text) { return .date(day) }
        var instant = text
        if text.contains("T"), let time = instant.withUTF8({ EventTime.parse($0) }) { return .instant(time) }
        if Lexer.isNumber(text), let number = Double(text), number.isFinite { return .number(number) }
        throw .bad(
            "\(quoted(text)) is no literal; there are 42, 4.2, 2026-11-23, 2026-11-23T08:00:00Z (a + is sent as %2B), "
                + "'text' and null")
    }

    /// As OData writes numbers: Swift's own reading takes more.
    private static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8.drop { $0 == UInt8(ascii: "-") }
        guard text.utf8.count - rest.count <= 1 else { return false }
        func digits() -> Bool {
            let after = rest.drop(while: isDigit)
            defer { rest = after }
            return after.count < rest.count
        }
        guard digits() else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() else { return false }
        }
        return rest.isEmpty
    }

    private mutating func name() throws(Fault) -> Token {
        let start = at
        while at < bytes.count, Lexer.isLetter(bytes[at]) || Lexer.isDigit(bytes[at]) { at += 1 }
        // guid'…', duration'…', namespaces and paths.
        if at < bytes.count, "'./:$@".utf8.contains(bytes[at]) {
            throw .unsupported("typed literals, paths and lambdas are not supported (place \(at))")
        }
        switch String(decoding: bytes[start..<at], as: UTF8.self) {
        case "null": return .literal(.null)
        case "true": return .literal(.bool(true))
        case "false": return .literal(.bool(false))
        case "INF", "NaN": throw .unsupported("INF and NaN are not supported")
        case let name: return .name(name)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
