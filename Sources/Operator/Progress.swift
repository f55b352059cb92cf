// How far a long command is, for people at a terminal.
import Linux

/// A progress bar on stderr, on a terminal, ten times a second.
struct Progress {
    let total: Int?
    /// What is done with each: "stored".
    let what: String
    private let isShown = isatty(2) == 1
    private var last = Monotonic(nanoseconds: 0)
    private let start = Monotonic.now

    init(total: Int?, what: String) {
        self.total = total
        self.what = what
    }

    mutating func show(done: Int, events: Int) {
        guard isShown, Monotonic.milliseconds(from: last, to: .now) >= 100 else { return }
        last = .now
        let rate = Double(events) / max(0.001, Monotonic.seconds(from: start, to: .now))
        var bar = ""
        if let total, total > 0 {
            let filled = min(30, done * 30 / total)
            bar =
                "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
                + "] \(min(100, done * 100 / total)) % "
        }
        Terminal.write(2, "\r\(bar)\(Format.count(events)) \(what), \(Format.count(Int(rate))) a second   ")
    }

    func end() { if isShown { Terminal.write(2, "\r\u{1B}[K") } }
}
