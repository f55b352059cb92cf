// One SQLite connection. It belongs to the thread that opened it; nobody else touches the file.
import CSQLite

/// Not Sendable on purpose: opened without SQLite's own mutexes (SQLITE_OPEN_NOMUTEX).
public final class Database {
    let handle: OpaquePointer
    public let path: String

    /// SQLite's version as linked: "3.40.1".
    public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

    /// Opens (and makes, if wanted) the file at `path`.
    public static func open(_ path: String, create: Bool = true, readOnly: Bool = false) throws(SQLiteError) -> Database
    {
        var handle: OpaquePointer?
        let access = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0)
        let code = sqlite3_open_v2(
            path, &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW, nil)
        guard code == SQLITE_OK, let handle else {
            let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            let systemError = handle.map { sqlite3_system_errno($0) } ?? 0
            sqlite3_close_v2(handle)
            throw SQLiteError("open \(path)", code: code, text: text, systemError: systemError)
        }
        return Database(handle: handle, path: path)
    }

    private init(handle: OpaquePointer, path: String) {
        self.handle = handle
        self.path = path
    }

    deinit { sqlite3_close_v2(handle) }

    func error(_ operation: String, _ code: Int32) -> SQLiteError {
        SQLiteError(
            operation, code: code, text: String(cString: sqlite3_errmsg(handle)),
            systemError: sqlite3_system_errno(handle))
    }

    /// Runs one or more statements that give no rows that matter.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(sql, code) }
    }

    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw error(sql, code) }
        return Statement(handle: statement, database: self, sql: sql)
    }

    /// The first column of the first row, as an integer; nil without a row.
    public func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of the first row, as text; nil without a row.
    public func text(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : nil
    }

    /// The first column of the first row, as bytes; nil without a row.
    public func bytes(_ sql: String) throws(SQLiteError) -> [UInt8]? {
        let statement = try prepare(sql)
        return try statement.step() ? Array(statement.bytes(0)) : nil
    }

    /// Whether a BEGIN has neither been committed nor rolled back, by us or by SQLite itself.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Rows changed by the last statement.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Keeps the WAL file, and the room it has on disk, when the database is closed (SQLITE_FCNTL_PERSIST_WAL).
    public func keepWAL() {
        var yes: Int32 = 1
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &yes)
    }

    /// Closes without copying the WAL into the database: for looking without changing (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE).
    public func leaveWAL() {
        clickd_sqlite3_no_checkpoint_on_close(handle)
        keepWAL()
    }

    public enum CheckpointMode: Sendable { case passive, restart, truncate }

    /// Copies the WAL's frames into the database and syncs it. `frames` is the WAL's length, `copied` how many are in.
    @discardableResult
    public func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> (frames: Int, copied: Int) {
        var frames: Int32 = 0
        var copied: Int32 = 0
        let raw =
            switch mode {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .restart: SQLITE_CHECKPOINT_RESTART
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        let code = sqlite3_wal_checkpoint_v2(handle, "main", raw, &frames, &copied)
        guard code == SQLITE_OK else { throw error("checkpoint", code) }
        return (Int(frames), Int(copied))
    }
}
