// Why the outbox cannot be opened or goes on no longer, with the exit code that tells an operator's units what to do.
import SQLite

public enum OutboxError: Error, Sendable {
    /// Another process has it open.
    case held(path: String, pid: Int?)
    /// Written by a newer clickd.
    case newerFormat(path: String, found: Int, known: Int)
    /// The settings ask for what would strand events.
    case refused(String)
    case database(SQLiteError)
    case system(String)

    /// 5 where the disk cannot be trusted (units do not restart then), else 1; 2 where a person must choose.
    public var exitCode: Int32 {
        switch self {
        case .held, .newerFormat, .refused: 2
        case .database(let error): error.remedy == .distrustDisk ? 5 : 1
        case .system: 1
        }
    }

    public var text: String {
        switch self {
        case .held(let path, let pid):
            "the outbox \(path) is held by another clickd" + (pid.map { ", process \($0)" } ?? "")
        case .newerFormat(let path, let found, let known):
            "the outbox \(path) has format \(found); this clickd knows formats up to \(known): install a newer clickd"
        case .refused(let text): text
        case .database(let error): "outbox: \(error)"
        case .system(let text): "outbox: \(text)"
        }
    }
}
