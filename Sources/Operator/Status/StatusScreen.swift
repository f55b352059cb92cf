// `clickd status --watch` on a terminal, like top: drawn in place on the other screen, again every second and when the
// window changes, until q or a signal. Whatever ends it gives the terminal back as it was.
import Linux

enum StatusScreen {
    /// The other screen, no cursor, nothing wraps; and back.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    static func run(_ asker: Asker) throws -> Int32 {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let descriptor = FileDescriptor(owning: signalfd(-1, &signals, Int32(SFD_CLOEXEC)))
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { throw SystemError("read the terminal's settings") }
        var raw = before
        // Keys come at once and unseen; Ctrl-C stays a signal, Ctrl-Z would leave the other screen to the shell.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &raw.c_cc) { $0[Int(VSUSP)] = 0 }
        tcsetattr(0, TCSANOW, &raw)
        Terminal.write(1, enter)
        defer {
            Terminal.write(1, leave)
            tcsetattr(0, TCSANOW, &before)
        }
        let look = Look.current
        var shown = asker.ask(look)
        while true {
            draw(shown.text)
            switch wait(descriptor.raw, until: Monotonic.now.adding(milliseconds: 1000)) {
            case .time: shown = asker.ask(look)
            case .resized: continue
            case .over: return shown.exitCode
            }
        }
    }

    private enum Event { case time, resized, over }

    private static func wait(_ signals: Int32, until deadline: Monotonic) -> Event {
        while true {
            var entries = [
                pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&entries, 2, deadline.millisecondsFromNow) > 0 else { return .time }
            if entries[1].revents != 0 {
                var info = signalfd_siginfo()
                guard read(signals, &info, MemoryLayout<signalfd_siginfo>.size) > 0 else { continue }
                return info.ssi_signo == UInt32(SIGWINCH) ? .resized : .over
            }
            var key: UInt8 = 0
            // The end of the terminal ends it too.
            guard read(0, &key, 1) == 1 else { return .over }
            if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { return .over }
            if key == UInt8(ascii: " ") { return .time }
        }
    }

    /// Over what is there, line by line, in one write: nothing is cleared first, so nothing flickers.
    private static func draw(_ text: String) {
        var size = winsize()
        let rows = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines = Array(lines.prefix(rows - 1)) + ["q ends, space looks now"]
        Terminal.write(1, "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J")
    }
}
