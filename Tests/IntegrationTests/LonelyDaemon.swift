// A daemon that has nowhere to send, and what tests of its inputs look at.
import Linux
import TestSupport
import Testing

/// A daemon that takes events and has nowhere to send them.
func lonelyDaemon(intake: String = "", extra: String = "", metrics: Bool = false) throws -> TestDaemon {
    let daemon = try TestDaemon(
        roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1", intake: intake,
        extra: extra, metrics: metrics)
    try daemon.start()
    return daemon
}

func event(_ id: String, _ more: String = "") -> String { #"{"event":"e","messageId":"\#(id)"\#(more)}"# }

extension TestDaemon {
    func eventuallyStored(_ count: Int, within seconds: Double = 10, _ location: SourceLocation = #_sourceLocation) {
        eventually(within: seconds, "\(count) are stored: \(status()?.json ?? "")", sourceLocation: location) {
            status()?["ledger.stored"] == count
        }
    }

    func hasBalance(received: Int, rejected: Int, _ location: SourceLocation = #_sourceLocation) {
        eventually(
            within: 10, "\(received) received, \(rejected) rejected: \(status()?.json ?? "")", sourceLocation: location
        ) {
            guard let status = status() else { return false }
            return status.isBalanced && status["ledger.received"] == received && status.rejected == rejected
                && status["ledger.pending"] == 0
        }
    }
}

/// What is stored from now on, as `clickd tail` shows it.
final class Tail {
    private let process: Process

    /// Returns when it is known to see what is stored; costs the daemon a few events called "prime".
    init(_ daemon: TestDaemon) throws {
        let process = try Process.start(Command.clickd, ["tail", "--config", daemon.configPath])
        self.process = process
        let client = try StreamClient(daemon.streamSocket)
        var sent = 0
        eventually(within: 10, "tail shows events: \(process.errors)") {
            sent += 1
            client.send(#"{"event":"prime"}"# + "\n")
            _ = client.answers(upTo: sent)
            return process.outputBytes.contains(0x0A)
        }
    }

    deinit { process.signal(SIGKILL) }

    /// Stored events that contain `text`; waits until there are `count`.
    func lines(_ count: Int, with text: String, _ location: SourceLocation = #_sourceLocation) -> [String] {
        var found: [String] = []
        eventually(within: 10, "tail shows \(count) with \(text)", sourceLocation: location) {
            found = String(decoding: process.outputBytes, as: UTF8.self).split(separator: "\n").map(String.init)
                .filter { $0.contains(text) }
            return found.count >= count
        }
        return found
    }
}
