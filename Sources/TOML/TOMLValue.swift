// A TOML document as plain Swift values. Every key and every value knows where it stands, since what a reader of a
// configuration owes its writer is the line.

/// A place in a text; both count from 1.
public struct TOMLPosition: Sendable, Equatable, Comparable {
    public let line: Int
    /// In characters, not bytes.
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Whether `a` stands before `b`.
    public static func < (a: TOMLPosition, b: TOMLPosition) -> Bool {
        a.line != b.line ? a.line < b.line : a.column < b.column
    }
}

/// A value and its place.
public struct TOMLValue: Sendable, Equatable {
    /// What a value can be. Dates and times are known to be such, but not read.
    public indirect enum Content: Sendable, Equatable {
        case string(String)
        case integer(Int64)
        case float(Double)
        case bool(Bool)
        case array([TOMLValue])
        case table([TOMLEntry])
        case date
    }

    public let content: Content
    public let position: TOMLPosition

    public init(content: Content, position: TOMLPosition) {
        self.content = content
        self.position = position
    }
}

/// A key of a table with its value. A table's entries keep the file's order; no key is there twice.
public struct TOMLEntry: Sendable, Equatable {
    public let key: String
    /// Where the key stands first, e.g. in a table's header.
    public let position: TOMLPosition
    public let value: TOMLValue

    public init(key: String, position: TOMLPosition, value: TOMLValue) {
        self.key = key
        self.position = position
        self.value = value
    }
}
