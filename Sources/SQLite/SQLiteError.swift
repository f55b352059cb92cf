// A failed SQLite call, with what may be done about it. The one place where SQLite's codes are translated.
import CSQLite
import Glibc

public struct SQLiteError: Error, Sendable, CustomStringConvertible {
    /// What was tried: the statement's text, or words.
    public let operation: String
    /// SQLite's extended result code (https://www.sqlite.org/rescode.html).
    public let code: Int32
    public let text: String
    public let remedy: SQLiteRemedy

    init(_ operation: String, code: Int32, text: String, systemError: Int32 = 0) {
        self.operation = operation
        self.code = code
        self.text = text
        remedy = SQLiteRemedy(code: code, systemError: systemError)
    }

    /// What SQLite took for whole, a checksum of ours did not.
    public static func damaged(_ operation: String, text: String) -> SQLiteError {
        SQLiteError(operation, code: SQLITE_CORRUPT, text: text)
    }

    /// What SQLite says of a statement that names no such table or column.
    public var isWrongStatement: Bool { code & 0xFF == SQLITE_ERROR }

    public var description: String { "\(operation): \(text) (SQLite \(code))" }
}

public enum SQLiteRemedy: Sendable, Equatable {
    /// No room: roll back, wait for room, try again.
    case waitForSpace
    /// The file's content is wrong: set it aside, save what can be read.
    case quarantine
    /// The disk failed: what the page cache shows may not be on it. Acknowledge nothing more.
    case distrustDisk
    /// Memory ran out or the call was wrong: end.
    case giveUp

    init(code: Int32, systemError: Int32) {
        switch code & 0xFF {
        case SQLITE_FULL: self = .waitForSpace
        case SQLITE_IOERR where systemError == EDQUOT || systemError == ENOSPC: self = .waitForSpace
        case SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN: self = .distrustDisk
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: self = .quarantine
        default: self = .giveUp
        }
    }
}
