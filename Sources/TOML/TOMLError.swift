// Why a text is not TOML. The text never quotes more of the file than the parser's own words about syntax.

/// What is wrong with a TOML text, and where.
public struct TOMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name as it was given to `parse`.
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1, in characters.
    public let column: Int
    /// What is wrong, without place, no full stop.
    public let text: String

    public init(file: String, line: Int, column: Int, text: String) {
        self.file = file
        self.line = line
        self.column = column
        self.text = text
    }

    public var description: String { "\(file):\(line):\(column): \(text)" }
}
