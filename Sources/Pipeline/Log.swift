// Lines to stderr, with the journal's priorities in front where systemd reads them. Control characters in what comes
// from outside are shown as escapes, so that no event can forge a line.
import Events
import Linux
import Settings
import Synchronization

public struct Log: Sendable {
    /// Shared by all copies, so that a reload changes it everywhere.
    private final class Threshold: Sendable {
        let priority: Atomic<Int>
        init(_ level: LogSettings.Level) { priority = Atomic(level.syslogPriority) }
    }

    private let threshold: Threshold
    private let hasPriorities: Bool

    public init(level: LogSettings.Level, hasPriorities: Bool = getenv("JOURNAL_STREAM") != nil) {
        threshold = Threshold(level)
        self.hasPriorities = hasPriorities
    }

    public func setLevel(_ level: LogSettings.Level) {
        threshold.priority.store(level.syslogPriority, ordering: .relaxed)
    }

    public func error(_ text: String) { write(.error, text) }
    public func warning(_ text: String) { write(.warning, text) }
    public func notice(_ text: String) { write(.notice, text) }
    public func info(_ text: String) { write(.info, text) }
    public func debug(_ text: String) { write(.debug, text) }

    private func write(_ at: LogSettings.Level, _ text: String) {
        guard at.syslogPriority <= threshold.priority.load(ordering: .relaxed) else { return }
        let time = String(decoding: EventTime.text(WallClock.nowMilliseconds), as: UTF8.self)
        let front = hasPriorities ? "<\(at.syslogPriority)>" : "\(time) \(at.rawValue): "
        _ = Files.writeAll(2, Array((front + Log.escaped(text) + "\n").utf8))
    }

    /// Control characters as `\u{…}`.
    public static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            return text
        }
        return text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }
}
