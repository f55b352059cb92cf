// The reference of all keys as text, made from the same list that reads them, for documentation and for checking
// that the shipped file is complete.

extension Settings {
    /// Every key with default, what may be written, why it is there, and the variable that overrides it. Plain text.
    public static var reference: String {
        var text = ""
        var section = ""
        for key in Key.all {
            if key.section != section {
                section = key.section
                text += "\(text.isEmpty ? "" : "\n")[\(section)]\n"
            }
            text +=
                key.isTable && key.section == "kafka" ? "[\(key.name)]\n" : "\(key.shortName) = \(key.defaultText)\n"
            text += "    \(key.why)\n    \(key.rule)\n"
            if !key.isTable { text += "    \(key.variable)\n" }
        }
        return text
    }

    /// Every key in full, e.g. "outbox.max_bytes", in the file's order.
    public static var keyNames: [String] { Key.all.map(\.name) }
}
