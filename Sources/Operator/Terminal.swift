// Output to people: lines to stdout and stderr, whether a terminal is there, and what it can show.
import Linux
import Pipeline

enum Terminal {
    static var isTerminal: Bool { isatty(1) == 1 }

    /// Control characters in what comes from outside as escapes; line breaks too.
    static func safe(_ text: String) -> String { Log.escaped(text) }

    static func print(_ text: String) { write(1, text + "\n") }
    static func complain(_ text: String) { write(2, text + "\n") }

    static func write(_ fd: Int32, _ text: String) { _ = Files.writeAll(fd, Array(text.utf8)) }
}

/// What the reader's terminal can show.
package struct Look {
    package var hasColor: Bool
    /// Whether it takes more than ASCII.
    package var isUnicode: Bool

    package init(hasColor: Bool, isUnicode: Bool) {
        self.hasColor = hasColor
        self.isUnicode = isUnicode
    }

    /// Color on terminals only, and not against NO_COLOR's word (no-color.org); Unicode as the locale's variables say.
    package init(isTerminal: Bool, environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        hasColor = isTerminal && value("NO_COLOR") == nil && value("TERM") != "dumb"
        let locale = (value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? "").lowercased()
        isUnicode = locale.contains("utf-8") || locale.contains("utf8")
    }

    /// Of this process's standard output.
    static var current: Look { Look(isTerminal: Terminal.isTerminal, environment: Environment.variables) }

    package enum Tone: Int {
        case good = 32
        case warning = 33
        case bad = 31
        case strong = 1
    }

    package func toned(_ text: String, _ tone: Tone?) -> String {
        guard hasColor, let tone else { return text }
        return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
    }
}
