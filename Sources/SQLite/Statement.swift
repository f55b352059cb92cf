// A prepared statement, kept and run many times. Belongs to its database's thread.
import CSQLite

public final class Statement {
    private let handle: OpaquePointer
    private let database: Database
    private let sql: String

    init(handle: OpaquePointer, database: Database, sql: String) {
        self.handle = handle
        self.database = database
        self.sql = sql
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds parameter `index` (from 1).
    public func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    public func bind(_ index: Int32, _ value: String) throws(SQLiteError) {
        try check(clickd_sqlite3_bind_text_copied(handle, index, value, Int32(clamping: value.utf8.count)))
    }

    /// Binds bytes without copying them: they must stay until `reset`.
    public func bind(_ index: Int32, borrowing bytes: UnsafeRawBufferPointer) throws(SQLiteError) {
        try check(clickd_sqlite3_bind_blob_static(handle, index, bytes.baseAddress ?? nothing, UInt64(bytes.count)))
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw database.error(sql, code) }
    }

    /// The next row; false at the end.
    public func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = database.error(sql, code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs to the end and makes ready for the next run.
    public func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    /// Ready for the next run; bound bytes are no longer used.
    public func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    public func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    /// The bytes of a column, valid until the next step or reset.
    public func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let base = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
    }
}

/// Where an empty blob points: a null pointer would bind NULL.
nonisolated(unsafe) private let nothing = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
