// A value as it was given, in TOML or as text of the environment, behind one set of readers; so that each key
// describes once how it is read. A reader that refuses says what is wrong and what is right.
import TOML

/// Why a value is refused: "not a size; write …". The key and the value are put in front by `Key`.
struct Refusal: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

/// Whose secret files are read. Each program can read its own only.
public enum SecretScope: Sendable {
    /// No secret file at all.
    case none
    /// clickd: those of [kafka] and [mongodb].
    case daemon
    /// clickd-web: those of [mongodb] and [web].
    case web
    /// Every one: for checking a configuration.
    case all

    /// Whether those of [kafka] are read.
    var hasKafka: Bool { self == .daemon || self == .all }

    /// Whether those of [web] are read.
    var hasWeb: Bool { self == .web || self == .all }
}

/// Why librdkafka does not take the property of this name with this value, in its words without the value; nil where it
/// does. The program that has the library brings it along.
public typealias PropertyFault = (_ name: String, _ value: String) -> String?

/// A value as it was given.
struct Given {
    enum Content {
        case toml(TOMLValue)
        case text(String)
    }

    let content: Content
    let secrets: SecretScope
    var propertyFault: PropertyFault = { _, _ in nil }

    /// The value for a message: as it was written, shortened; "" for an array or a table.
    var shown: String {
        switch content {
        case .text(let text): quoted(text)
        case .toml(let value):
            switch value.content {
            case .string(let text): quoted(text)
            case .integer(let number): "\(number)"
            case .float(let number): "\(number)"
            case .bool(let flag): "\(flag)"
            case .array, .table, .date: ""
            }
        }
    }

    func string() throws(Refusal) -> String {
        switch content {
        case .text(let text): return text
        case .toml(let value):
            guard case .string(let text) = value.content else {
                throw Refusal("\(noun(value)), where a string is needed; write it in quotes")
            }
            return text
        }
    }

    /// nil when it is a string that is no whole number, so that the caller may read it otherwise.
    func integerOrNil() throws(Refusal) -> Int? {
        switch content {
        case .text(let text): return Int(text)
        case .toml(let value):
            switch value.content {
            case .integer(let number): return Int(number)
            case .string: return nil
            default: throw Refusal("\(noun(value)), where a whole number is needed")
            }
        }
    }

    func integer() throws(Refusal) -> Int {
        if let number = try integerOrNil() { return number }
        if case .toml = content { throw Refusal("a string, where a whole number is needed; write it without quotes") }
        throw Refusal("not a whole number")
    }

    func bool() throws(Refusal) -> Bool {
        switch content {
        case .text("true"): return true
        case .text("false"): return false
        case .text: throw Refusal("neither true nor false")
        case .toml(let value):
            guard case .bool(let flag) = value.content else {
                throw Refusal("\(noun(value)), where true or false is needed, without quotes")
            }
            return flag
        }
    }

    /// An array of strings (whole numbers are taken as their digits), or a comma list from the environment.
    func strings() throws(Refusal) -> [String] {
        switch content {
        case .text(let text):
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
            return parts == [""] ? [] : parts
        case .toml(let value):
            guard case .array(let elements) = value.content else {
                throw Refusal("\(noun(value)), where a list is needed; write it in brackets, e.g. [\"…\"]")
            }
            var strings: [String] = []
            for element in elements {
                switch element.content {
                case .string(let text): strings.append(text)
                case .integer(let number): strings.append("\(number)")
                default: throw Refusal("\(noun(element)) in it, where every element must be a string")
                }
            }
            return strings
        }
    }
}

/// What a value is, in words.
func noun(_ value: TOMLValue) -> String {
    switch value.content {
    case .string: "a string"
    case .integer: "a whole number"
    case .float: "a number with a point"
    case .bool: "true or false"
    case .array: "a list"
    case .table: "a table"
    case .date: "a date or time"
    }
}

/// `text` in quotes on one line, shortened, control characters as `\u{…}`; for messages and for TOML.
func quoted(_ text: String) -> String {
    var shown = "\""
    for scalar in text.unicodeScalars.prefix(120) {
        switch scalar {
        case "\"", "\\": shown += "\\\(scalar)"
        case _ where scalar.value < 32 || (127...159).contains(scalar.value):
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return shown + (text.unicodeScalars.count > 120 ? "…\"" : "\"")
}

/// Without spaces and tabs at both ends.
func trimmed(_ text: some StringProtocol) -> String {
    var rest = text[...]
    while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
    return String(rest)
}
