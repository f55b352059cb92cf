// The outbox on disk: a folder with the database, its WAL and a pid file. One connection, EXCLUSIVE: SQLite 3.7.0 to
// 3.51.2 can corrupt a WAL that two connections write and checkpoint at once, so there is never a second.
// Belongs to the outbox thread after it was opened.
import Events
import LZ4
import Linux
import SQLite

package final class OutboxFile {
    /// The format this clickd writes. An older one is migrated, a newer one refused untouched.
    package static let format = 1
    package static let pageBytes = 16384

    package let database: Database
    private let pidFile: PidFile
    private let insertBatch: Statement
    private let replaceBatch: Statement
    private let deleteBatch: Statement
    private let readBatches: Statement
    private let saveState: Statement
    package let dead: DeadStore
    private let pages: Statement
    private let freePages: Statement
    private let oldest: Statement
    /// The WAL is copied into the database once this much was written to it.
    package let walLimitBytes: Int
    /// About what was written to the WAL since it was last copied into the database.
    private(set) var walBytes = 0
    /// The WAL of an earlier run could not be copied yet for want of room: nothing new may be appended to it.
    package private(set) var holdsOldWAL = false
    private let walPath: String
    private let reserve: FileDescriptor
    private var reservedBytes = 0
    private var packer = LZ4Block()

    /// Takes the folder, opens or makes the database, empties an old WAL before anything is appended to it.
    package static func open(_ folder: String, maxBytes: Int) throws(OutboxError) -> OutboxFile {
        do {
            try Files.makeFolder(folder, mode: 0o700)
            let pidFile = try PidFile.take(folder + "/clickd.pid")
            return try OutboxFile(folder, pidFile: pidFile, maxBytes: maxBytes)
        } catch let error as OutboxError {
            throw error
        } catch let held as PidFile.Held {
            throw .held(path: folder, pid: held.pid)
        } catch let error as SQLiteError {
            // The statements are right: where SQLite finds one wrong, the tables are not as they were made.
            throw .database(error.isWrongStatement ? .damaged(error.operation, text: error.text) : error)
        } catch {
            throw .system("\(error)")
        }
    }

    /// As `open`, and where the outbox is damaged: sets it aside first, and saves what can be read. Finishes what a process
    /// that died in the middle of that had begun.
    package static func openSaving(
        _ folder: String, maxBytes: Int
    ) throws(OutboxError) -> (file: OutboxFile, salvage: Salvage?) {
        try OutboxSalvage.finishRenaming(folder)
        do throws(OutboxError) {
            let file = try open(folder, maxBytes: maxBytes)
            do throws(SQLiteError) { _ = try OutboxState(try file.load("ledger")) } catch { throw .database(error) }
            return (file, nil)
        } catch {
            guard case .database(let inner) = error, inner.remedy == .quarantine else { throw error }
            let salvage = try OutboxSalvage.run(folder, from: nil, maxBytes: maxBytes)
            return (try open(folder, maxBytes: maxBytes), salvage)
        }
    }

    /// Whether the file that is open is still the one at its path.
    func isInPlace() -> Bool {
        var there = stat()
        var open = stat()
        guard fstat(reserve.raw, &open) == 0 else { return true }
        return stat(database.path, &there) == 0 && there.st_ino == open.st_ino && there.st_dev == open.st_dev
    }

    private init(_ folder: String, pidFile: consuming PidFile, maxBytes: Int) throws {
        let path = folder + "/outbox.db"
        if let found = OutboxFile.formatOnDisk(path), found > OutboxFile.format {
            throw OutboxError.newerFormat(path: folder, found: found, known: OutboxFile.format)
        }
        // Opened before SQLite and kept: closing any descriptor of the file would drop SQLite's own locks on it.
        reserve = try FileDescriptor.open(path, O_RDWR | O_CREAT)
        let database = try Database.open(path)
        var disk = statvfs()
        let free = statvfs(folder, &disk) == 0 ? Int(disk.f_bavail) * Int(disk.f_frsize) : Int.max
        walLimitBytes = max(2 << 20, min(64 << 20, maxBytes / 8, free / 8))
        walPath = path + "-wal"
        try database.execute("PRAGMA page_size=\(OutboxFile.pageBytes)")
        try database.execute("PRAGMA locking_mode=EXCLUSIVE")
        // FULL, and the folder is synced too once a rollback journal is removed: the one of a new outbox's first steps must not
        // come back after a power loss and take all that was committed since with it.
        try database.execute("PRAGMA synchronous=EXTRA")
        try database.execute("PRAGMA journal_mode=WAL")
        try database.execute("PRAGMA secure_delete=OFF")
        try database.execute("PRAGMA wal_autocheckpoint=0")
        try database.execute("PRAGMA temp_store=MEMORY")
        try database.execute("PRAGMA cache_size=-16384")
        try database.execute("PRAGMA cell_size_check=ON")
        database.keepWAL()
        if try database.integer("PRAGMA user_version") == 0 { try database.execute(OutboxFile.schema) }
        try OutboxFile.lookAtTables(database)
        // After a failed fsync an old WAL's frames may be in the page cache alone; they go into the database first.
        do { try database.checkpoint(.restart) } catch {
            guard error.remedy == .waitForSpace else { throw error }
            holdsOldWAL = true
        }
        self.database = database
        self.pidFile = pidFile
        insertBatch = try database.prepare(
            "INSERT INTO batch(first, at, count, bytes, crc, events) VALUES(?,?,?,?,?,?)")
        replaceBatch = try database.prepare("UPDATE batch SET count=?3, bytes=?4, crc=?5, events=?6 WHERE first=?1")
        deleteBatch = try database.prepare("DELETE FROM batch WHERE first=?")
        readBatches = try database.prepare(
            "SELECT first, count, bytes, crc, events FROM batch WHERE first>=? ORDER BY first")
        saveState = try database.prepare("UPDATE state SET value=? WHERE name=?")
        dead = try DeadStore(database)
        pages = try database.prepare("PRAGMA page_count")
        freePages = try database.prepare("PRAGMA freelist_count")
        oldest = try database.prepare("SELECT at FROM batch ORDER BY first LIMIT 1")
        reserveWAL()
    }

    /// What SQLite says of this connection, for the doctor: nobody else opens the file.
    func effectivePragmas() -> [(name: String, value: String)] {
        [
            "journal_mode", "synchronous", "locking_mode", "page_size", "secure_delete", "wal_autocheckpoint",
            "cell_size_check",
        ].map { ($0, (try? database.text("PRAGMA \($0)")) ?? "?") }
    }

    private static let schema = """
        BEGIN;
        CREATE TABLE batch(first INTEGER PRIMARY KEY, at INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
            crc INTEGER NOT NULL, events BLOB NOT NULL);
        CREATE TABLE dead(sequence INTEGER PRIMARY KEY, code TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
            key BLOB NOT NULL, value BLOB NOT NULL);
        CREATE TABLE state(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        INSERT INTO state VALUES('ledger', zeroblob(0)), ('mode', '');
        PRAGMA user_version=\(format);
        COMMIT;
        """

    /// A flipped bit in a table's description, or in the number of its first page, need be no error to SQLite: the rows would
    /// only seem to be gone.
    static func lookAtTables(_ database: Database) throws(SQLiteError) {
        let made = schema.split(separator: ";").map { $0.split(separator: "\n").joined(separator: "\n") }
            .filter { $0.hasPrefix("CREATE TABLE ") }
        let wanted = made.enumerated().map { index, sql in
            let name = sql.dropFirst("CREATE TABLE ".count).prefix { $0 != "(" }
            return "table \(name) \(name) \(index + 2) \(sql)"
        }
        let found = try database.text(
            "SELECT group_concat(type||' '||name||' '||tbl_name||' '||rootpage||' '||sql, ';') FROM sqlite_schema")
        guard found == wanted.joined(separator: ";") else {
            throw .damaged("look at the tables", text: "they are not as they were made")
        }
    }

    /// `user_version` as it stands in the file's header, read without SQLite, so that nothing is touched.
    static func formatOnDisk(_ path: String) -> Int? {
        guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return nil }
        var header = [UInt8](repeating: 0, count: 64)
        guard pread(file.raw, &header, 64, 0) == 64, header.starts(with: "SQLite format 3\0".utf8) else { return nil }
        return header[60..<64].reduce(0) { $0 << 8 | Int($1) }
    }

    /// Copies the WAL into the database and syncs it.
    func checkpoint(_ mode: Database.CheckpointMode) throws(SQLiteError) {
        try database.checkpoint(mode)
        walBytes = 0
        holdsOldWAL = false
    }

    /// Takes the database's room on disk ahead of need, so that commits go on for a while in a full file system. Not by
    /// SQLITE_FCNTL_CHUNK_SIZE: Debian's SQLite grows a file by a write a block, which slows intake.
    func reserveAhead() {
        guard let size = try? fileBytes(), reservedBytes < size + walLimitBytes / 4 else { return }
        reservedBytes = size + walLimitBytes / 2
        _ = clickd_reserve(reserve.raw, Int64(reservedBytes))
    }

    /// Takes the WAL's room on disk ahead, so that deletes and checkpoints go on in a full file system. KEEP_SIZE:
    /// the file does not seem longer. Where the file system cannot, nothing is promised.
    private func reserveWAL() {
        guard let wal = try? FileDescriptor.open(walPath, O_RDWR) else { return }
        _ = clickd_reserve(wal.raw, Int64(walLimitBytes + min(walLimitBytes, 8 << 20)))
    }

    package func insert(_ batch: EventBatch) throws(SQLiteError) {
        try insertBatch.bind(2, WallClock.nowMilliseconds)
        try write(batch, with: insertBatch)
    }

    /// Puts what is left of a row in its place; its number and age stay. Whether the row was there.
    package func replace(_ batch: EventBatch) throws(SQLiteError) -> Bool {
        try write(batch, with: replaceBatch)
        return database.changes > 0
    }

    private func write(_ batch: EventBatch, with statement: Statement) throws(SQLiteError) {
        try statement.bind(1, batch.first)
        try statement.bind(3, Int64(batch.eventCount))
        try statement.bind(4, Int64(batch.byteCount))
        // Packed where that is smaller: the disk is what bounds a flood. The checksum is of what lies on the disk.
        let stored = packer.pack(batch.bytes) ?? batch.bytes
        try statement.bind(5, Int64(CRC32C.checksum(stored)))
        try statement.bind(6, borrowing: stored)
        try statement.run()
        // Whole pages, those of the tree and the ledger with them.
        walBytes += stored.count + 3 * OutboxFile.pageBytes
    }

    /// Whether the row was there.
    package func delete(first: Int64) throws(SQLiteError) -> Bool {
        try deleteBatch.bind(1, first)
        try deleteBatch.run()
        return database.changes > 0
    }

    /// Rows from `first` on, until `maxBytes` are read; a row whose checksum is wrong is an error to quarantine.
    package func read(from first: Int64, maxBytes: Int) throws(OutboxError) -> [EventBatch] {
        var batches: [EventBatch] = []
        var bytes = 0
        defer { readBatches.reset() }
        do throws(SQLiteError) {
            try readBatches.bind(1, first)
            while bytes < maxBytes, try readBatches.step() {
                let first = readBatches.integer(0)
                let blob = readBatches.bytes(4)
                let size = Int(readBatches.integer(2))
                guard CRC32C.checksum(blob) == UInt32(truncatingIfNeeded: readBatches.integer(3)),
                    let batch = EventBatch(
                        first: first, eventCount: Int(readBatches.integer(1)), unpacking: blob, byteCount: size)
                else { throw OutboxFile.damaged(first) }
                batches.append(batch)
                bytes += size
            }
        } catch { throw .database(error) }
        return batches
    }

    private static func damaged(_ first: Int64) -> SQLiteError {
        SQLiteError.damaged("read batch \(first)", text: "its checksum is wrong")
    }

    package func load(_ name: String) throws(SQLiteError) -> [UInt8] {
        let statement = try database.prepare("SELECT value FROM state WHERE name=?")
        try statement.bind(1, name)
        guard try statement.step() else { throw SQLiteError.damaged("read \(name)", text: "the row is not there") }
        return Array(statement.bytes(0))
    }

    package func save(_ name: String, _ value: [UInt8]) throws(SQLiteError) {
        try value.withUnsafeBytesOrError { bytes throws(SQLiteError) in
            try saveState.bind(1, borrowing: bytes)
            try saveState.bind(2, name)
            try saveState.run()
        }
    }

    /// When the oldest row was committed, in milliseconds since 1970; nil without rows.
    func oldestMilliseconds() throws(SQLiteError) -> Int64? {
        defer { oldest.reset() }
        return try oldest.step() ? oldest.integer(0) : nil
    }

    /// Bytes of the database file.
    func fileBytes() throws(SQLiteError) -> Int {
        defer { pages.reset() }
        return try pages.step() ? Int(pages.integer(0)) * OutboxFile.pageBytes : 0
    }

    /// Bytes of the pages that hold something.
    package func usedBytes() throws(SQLiteError) -> Int {
        defer {
            pages.reset()
            freePages.reset()
        }
        guard try pages.step(), try freePages.step() else { return 0 }
        return Int(pages.integer(0) - freePages.integer(0)) * OutboxFile.pageBytes
    }
}

extension Array where Element == UInt8 {
    /// `withUnsafeBytes` with a typed error.
    func withUnsafeBytesOrError<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let result = withUnsafeBytes { bytes -> Result<Void, Failure> in
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
