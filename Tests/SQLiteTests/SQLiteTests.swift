import Linux
import SQLite
import TestSupport
import Testing

@Suite struct SQLiteTests {
    private func remedy(_ body: () throws -> Void) -> SQLiteRemedy? {
        do {
            try body()
            return nil
        } catch let error as SQLiteError { return error.remedy } catch { return nil }
    }

    @Test("values come back as they were bound, an empty blob as a blob")
    func values() throws {
        let folder = try TemporaryFolder()
        let database = try Database.open(folder.path + "/a.db")
        try database.execute("CREATE TABLE t(n INTEGER, s TEXT, b BLOB)")
        let insert = try database.prepare("INSERT INTO t VALUES(?,?,?)")
        for (number, text, bytes) in [(Int64.min, "", []), (7, "né\u{1F6D2}", [0, 1, 255])]
            as [(Int64, String, [UInt8])]
        {
            try bytes.withUnsafeBytes { raw in
                try insert.bind(1, number)
                try insert.bind(2, text)
                try insert.bind(3, borrowing: raw)
                try insert.run()
            }
        }
        #expect(database.changes == 1)
        let select = try database.prepare("SELECT n, s, b, typeof(b) FROM t ORDER BY n")
        #expect(try select.step())
        #expect(
            select.integer(0) == .min && select.text(1) == "" && select.bytes(2).isEmpty && select.text(3) == "blob")
        #expect(try select.step())
        #expect(select.integer(0) == 7 && select.text(1) == "né\u{1F6D2}" && Array(select.bytes(2)) == [0, 1, 255])
        #expect(try !select.step())
        #expect(try database.integer("SELECT count(*) FROM t WHERE n > 100") == 0)
        #expect(try database.text("SELECT s FROM t WHERE n > 100") == nil)
    }

    @Test("a mistake in a statement names the statement, and is nothing to try again")
    func mistakes() throws {
        let folder = try TemporaryFolder()
        let database = try Database.open(folder.path + "/a.db")
        do {
            try database.execute("SELEKT 1")
            Issue.record("taken")
        } catch {
            #expect(error.description.contains("SELEKT 1"))
            #expect(error.remedy == .giveUp)
        }
        try database.execute("CREATE TABLE t(n INTEGER PRIMARY KEY)")
        let insert = try database.prepare("INSERT INTO t VALUES(1)")
        try insert.run()
        #expect(remedy { try insert.run() } == .giveUp)
        // The statement is fit for use after its failure.
        try database.execute("DELETE FROM t")
        try insert.run()
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
    }

    @Test("a full database is to be rolled back and waited for")
    func full() throws {
        let folder = try TemporaryFolder()
        let database = try Database.open(folder.path + "/a.db")
        try database.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(b BLOB); PRAGMA max_page_count=20")
        try database.execute("BEGIN")
        let insert = try database.prepare("INSERT INTO t VALUES(zeroblob(10000))")
        #expect(remedy { for _ in 0..<100 { try insert.run() } } == .waitForSpace)
        if database.isInTransaction { try database.execute("ROLLBACK") }
        #expect(!database.isInTransaction)
        try database.execute("PRAGMA max_page_count=1000000")
        try insert.run()
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
    }

    @Test("a file that is no database is to be set aside; one that may not be made is the disk's matter")
    func otherRemedies() throws {
        let folder = try TemporaryFolder()
        try Files.replace(folder.path + "/no.db", with: [UInt8](repeating: 0x41, count: 8192))
        #expect(
            remedy { _ = try Database.open(folder.path + "/no.db").integer("SELECT count(*) FROM sqlite_master") }
                == .quarantine)
        #expect(remedy { _ = try Database.open(folder.path + "/none/a.db") } == .distrustDisk)
        #expect(remedy { _ = try Database.open(folder.path + "/none.db", create: false) } == .distrustDisk)
        symlink(folder.path + "/no.db", folder.path + "/link.db")
        #expect(remedy { _ = try Database.open(folder.path + "/link.db") } != nil, "links are not followed")
    }

    @Test("a checkpoint brings the WAL into the database, and tells how much")
    func checkpoint() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.db"
        do {
            let database = try Database.open(path)
            try database.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0")
            database.keepWAL()
            try database.execute("CREATE TABLE t(n); INSERT INTO t VALUES(1)")
            let (frames, copied) = try database.checkpoint(.passive)
            #expect(frames > 0)
            #expect(copied == frames)
            #expect(try database.checkpoint(.truncate).frames == 0)
            try database.execute("INSERT INTO t VALUES(2)")
        }
        #expect(Files.exists(path + "-wal"), "the WAL is kept when the database is closed")
        let database = try Database.open(path)
        #expect(try database.integer("SELECT sum(n) FROM t") == 3)
    }
}

@Suite struct RawRowsTests {
    @Test("a page number that is damaged, in the WAL or of an overflow page, costs no more than the file is large")
    func damagedNumbers() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.db"
        func big(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        // One leaf with one cell: 1 GiB by its length, its overflow page the leaf itself.
        var page = [UInt8](repeating: 0, count: 512)
        page.replaceSubrange(100..<103, with: [13, 0, 0])
        page.replaceSubrange(103..<105, with: [0, 1])
        page.replaceSubrange(108..<110, with: [0, 120])
        page.replaceSubrange(120..<126, with: [0x84, 0x80, 0x80, 0x80, 0x00, 1])
        page[3] = 1
        try Files.replace(path, with: page)
        let header = [UInt8](repeating: 0, count: 32)
        try Files.replace(path + "-wal", with: header + big(.max) + big(0) + [UInt8](repeating: 0, count: 16 + 512))
        var pages = 0
        var rows = 0
        try RawRows.open(path, pageBytes: 512).forEach(onPage: { pages += 1 }) { _ in rows += 1 }
        #expect(pages == 2)
        #expect(rows == 0)
    }
}
