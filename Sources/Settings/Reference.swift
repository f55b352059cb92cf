// The reference of all keys as a page (docs/configuration.md), made from the same list that reads them: it cannot say
// what the programs do not do. A test compares the page with this.

extension Settings {
    /// Every key with default, what may be written, and why it is there, in Markdown.
    public static var reference: String {
        var text = """
            # Configuration
            Every key of `/etc/clickd/clickd.toml`. `make configuration` writes this page from the code. The file is TOML; both programs
            check the whole of it, and say file, line, key and what is right for everything that is wrong: `clickd check-config`.
            What is not in the file has its default.

            - Sizes: a number of bytes, or text with a unit, "64 KiB" (KB MB GB of 1000, KiB MiB GiB of 1024).
            - Times: text with a unit, "2s", "5 min", "400 days" (ms s min h days).
            - `CLICKD_<SECTION>_<KEY>` in the environment overrides a key: `CLICKD_OUTBOX_MAX_BYTES="8 GiB"`, a list with commas. Tables
              cannot be set so. An unknown name with a section's prefix is refused.
            - A new value is taken by `systemctl reload`, or needs a restart, as the last column says ([operations](operations.md#reload)).
            - Secrets belong in files that only clickd can read (`…_file`); they are never printed. With systemd: credentials
              ([operations](operations.md#credentials)).

            """
        var section = ""
        for key in Key.all {
            if key.section != section {
                section = key.section
                text +=
                    "\n## [\(section)]\n| key | default | what may be written | why | new value |\n|---|---|---|---|---|\n"
            }
            let name = key.isTable ? "[\(key.name)]" : key.shortName
            text +=
                "| `\(name)` | `\(key.defaultText)` | \(cell(key.rule)) | \(cell(key.why)) | \(key.reload == .live ? "reload" : "restart") |\n"
        }
        return text
    }

    private static func cell(_ text: String) -> String {
        var cell = ""
        for character in text { cell += character == "|" ? "\\|" : String(character) }
        return cell
    }

    /// Keys whose new value a running program does not take.
    public static var restartNames: [String] { Key.all.filter { $0.reload == .restart }.map(\.name) }

    /// Every key in full, e.g. "outbox.max_bytes", in the file's order.
    public static var keyNames: [String] { Key.all.map(\.name) }
}
