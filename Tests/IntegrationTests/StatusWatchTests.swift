// `clickd status --watch` on a real pseudo-terminal, which script(1) makes.
import Linux
import TestSupport
import Testing

@Suite("Status: watch", .waiting, .serialized) struct StatusWatchTests {
    /// What the terminal was sent, when `keys` were typed once `awaited` stood on it three times.
    private func watch(_ daemon: TestDaemon, keys: String, after awaited: String) throws -> (
        screen: String, status: String
    ) {
        let file = daemon.folder.path + "/typescript"
        // Whichever shell script(1) takes, it outlives a Ctrl-C and says how the command ended.
        let command = "trap : INT; \(Command.clickd) status --watch --config \(daemon.configPath); echo status=$?"
        let line = """
            seen() { for i in $(seq 600); do [ "$(grep -aoE "$1" \(file) | wc -l)" -ge $2 ] && return; sleep 0.2; done; }
            (seen '\(awaited)' 3; printf '\(keys)'; seen 'status=[0-9]' 1) 2> /dev/null |
                timeout 120 script -qefc '\(command)' \(file) > /dev/null
            """
        let done = try Command.run(
            "/bin/sh", ["-c", line], environment: ["TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": ""])
        #expect(done.status == 0, "\(done.errors)")
        let text = try text(of: file)
        return (text, text.matches(of: /status=(\d+)/).last.map { String($0.1) } ?? "")
    }

    private static let enter = "\u{1B}[?1049h"
    private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    @Test("q ends it: drawn in place without clearing, and the terminal is as it was")
    func redraws() throws {
        let daemon = try lonelyDaemon()
        eventually(within: 20, "degraded") { daemon.status()?.state == "degraded" }
        let (screen, status) = try watch(daemon, keys: "q", after: "degraded")
        #expect(status == "3", "as without --watch")
        #expect(screen.ranges(of: Self.enter).count == 1 && screen.ranges(of: Self.leave).count == 1)
        #expect(screen.ranges(of: "\u{1B}[H").count >= 3, "once a second")
        #expect(!screen.contains("\u{1B}[2J"), "nothing is cleared first")
        #expect(screen.ranges(of: "degraded").count >= 3 && screen.contains("oldest unsent"))
        #expect(screen.contains("\u{1B}[33mdegraded"), "in color")
    }

    @Test("without a daemon it says so and goes on; Ctrl-C gives the terminal back")
    func noDaemon() throws {
        let daemon = try TestDaemon()
        let (screen, status) = try watch(daemon, keys: "\\003", after: "no daemon answers")
        #expect(status == "4")
        #expect(screen.ranges(of: "no daemon answers").count >= 3)
        #expect(screen.ranges(of: Self.leave).count == 1)
    }

    @Test("without a terminal it writes again and again, and outlives the daemon")
    func piped() throws {
        let daemon = try lonelyDaemon()
        let process = try Process.start(
            Command.clickd, ["status", "--watch", "--json", "--config", daemon.configPath])
        eventually(within: 10, "two answers") { process.outputBytes.count { $0 == 0x0A } >= 2 }
        daemon.kill()
        eventually(within: 10, "it says that none answers") { process.errors.contains("no daemon answers") }
        try daemon.start()
        let before = process.outputBytes.count
        eventually(within: 10, "it finds the daemon again") { process.outputBytes.count > before }
        #expect(!process.outputBytes.contains(0x1B))
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 60) != nil)
    }
}
