// Numbers, sizes and times in the words of people, and in columns.

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
        let seconds = max(0, seconds)
        if seconds < 1 { return "\(Int(seconds * 1000)) ms" }
        if seconds < 120 { return "\(decimal(seconds, 1)) s" }
        if seconds < 7200 { return "\(Int(seconds / 60)) min" }
        if seconds < 172_800 { return "\(decimal(seconds / 3600, 1)) h" }
        return seconds < 1e11 ? "\(decimal(seconds / 86_400, 1)) d" : "ages"
    }

    /// Beyond 15 digits, as if it had those.
    package static func decimal(_ value: Double, _ places: Int) -> String {
        let value = max(-1e15, min(value, 1e15))
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

    /// `text` in lines of at most `width` columns, broken at spaces, or anywhere in a word that is too long for a line.
    package static func wrapped(_ text: String, first: String, rest: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        // Blanks that stand together are columns, and stay.
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            var word = word
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = rest
                isEmpty = true
            }
            if !isEmpty { line += " " }
            while line.count + word.count > width {
                let piece = word.prefix(max(1, width - line.count))
                lines.append(line + piece)
                word = word.dropFirst(piece.count)
                line = rest
            }
            line += word
            isEmpty = false
        }
        return lines + [line]
    }
}
