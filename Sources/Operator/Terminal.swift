// Output to people: lines to stdout and stderr, and whether a terminal is there.
import Linux
import Pipeline

enum Terminal {
    static var isTerminal: Bool { isatty(1) == 1 }

    /// Control characters in what comes from outside as escapes; line breaks too.
    static func safe(_ text: String) -> String { Log.escaped(text) }

    static func print(_ text: String) { write(1, text + "\n") }
    static func complain(_ text: String) { write(2, text + "\n") }

    static func write(_ fd: Int32, _ text: String) { _ = Files.writeAll(fd, Array(text.utf8)) }

    /// `text` in bold, on a terminal.
    static func bold(_ text: String) -> String { isTerminal ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    static func colored(_ text: String, _ code: Int) -> String { isTerminal ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}

/// Numbers as people read them.
package enum Format {
    /// 1,234,567
    package static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    package static func bytes(_ value: Int) -> String {
        var amount = Double(value)
        for unit in ["B", "KiB", "MiB"] {
            if amount < 1024 { return unit == "B" ? "\(value) B" : "\(decimal(amount, 1)) \(unit)" }
            amount /= 1024
        }
        return "\(decimal(amount, 1)) GiB"
    }

    package static func duration(seconds: Double) -> String {
        if seconds < 1 { return "\(Int(seconds * 1000)) ms" }
        if seconds < 120 { return "\(decimal(seconds, 1)) s" }
        if seconds < 7200 { return "\(Int(seconds / 60)) min" }
        return "\(decimal(seconds / 3600, 1)) h"
    }

    package static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        let whole = Int(rounded)
        guard places > 0 else { return String(whole) }
        let fraction = String(Int(((rounded - Double(whole)).magnitude * scale).rounded()))
        return (rounded < 0 && whole == 0 ? "-" : "") + "\(whole)."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }

    package static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    package static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
