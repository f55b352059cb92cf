// A point in time on the command line: a date, an instant, or how long ago.
import Events
import Settings

enum TimeArgument {
    /// ms since 1970; nil where the option is not given.
    static func milliseconds(_ options: Options, _ name: String, now: Int64) throws(UsageError) -> Int64? {
        guard let text = options[name] else { return nil }
        if let ago = Units.duration(text) { return now - ago.components.seconds * 1000 }
        for form in [text, text + "T00:00:00Z", text + "Z"] {
            var form = form
            if let time = form.withUTF8({ EventTime.parse($0) }) { return time }
        }
        throw UsageError(
            "--\(name) takes a date (2026-11-23), a time (2026-11-23T10:00:00Z) or an age (\"2h\"), not \"\(text)\"")
    }
}
