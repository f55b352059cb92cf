// What the demonstration shows while it runs: on a terminal always in the same place, below what stood there before;
// else one text under the other.

struct DemoBoard {
    private var lines = 0

    /// Shows `text` in place of the text before. Its lines must not be wider than the terminal.
    mutating func show(_ text: String) {
        if Terminal.isTerminal, lines > 0 { Terminal.write(1, "\u{1B}[\(lines)A\r\u{1B}[J") }
        Terminal.print(text)
        lines = text.count { $0 == "\n" } + 1
    }
}
