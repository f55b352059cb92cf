import Linux
import Pipeline
import SQLite
import TestSupport
import Testing

/// Opens the outbox at `path`, does something, closes it.
private func withFile<Result>(_ path: String, _ body: (OutboxFile) throws -> Result) throws -> Result {
    try body(try OutboxFile.open(path, maxBytes: 64 << 20))
}

@Suite(.waiting) struct OutboxFileTests {
    @Test("rows survive closing and opening, with their numbers, keys and bytes")
    func reopened() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let batch = packing.numbered(0..<100)
        batch.first = 41
        try withFile(folder.path) { try $0.insert(batch) }
        let read = try withFile(folder.path) { try $0.read(from: 0, maxBytes: 1 << 20) }
        try #require(read.count == 1)
        #expect(read[0].first == 41)
        #expect(read[0].eventCount == 100)
        #expect(read[0].events == batch.events)
    }

    @Test("reading goes on in order from where it is told, a bounded number of bytes at a time")
    func bounded() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        try withFile(folder.path) { file in
            var next = 1
            for _ in 0..<20 {
                let batch = packing.numbered(next..<next + 10, padding: 1000)
                batch.first = Int64(next)
                try file.insert(batch)
                next += 10
            }
            let some = try file.read(from: 21, maxBytes: 30_000)
            #expect(some.map(\.first) == [21, 31, 41])
            #expect(try file.read(from: 191, maxBytes: 30_000).map(\.first) == [191])
            #expect(try file.read(from: 192, maxBytes: 30_000).isEmpty)
            #expect(try file.delete(first: 31))
            #expect(try !file.delete(first: 31))
            #expect(try file.read(from: 21, maxBytes: 1).map(\.first) == [21])
        }
    }

    @Test("a damaged row is an error to set the file aside for, not silence")
    func damage() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let batch = packing.batch([#"{"event":"damage-me-here","messageId":"m"}"#])
        batch.first = 1
        try withFile(folder.path) { file in
            try file.insert(batch)
            try file.database.checkpoint(.restart)
        }
        let path = folder.path + "/outbox.db"
        var bytes = try Files.read(path)
        let marker = Array("damage-me-here".utf8)
        let at = try #require(bytes.indices.first { bytes[$0...].starts(with: marker) })
        bytes[at] ^= 1
        try Files.replace(path, with: bytes)
        // The database is in its file, and an old WAL would show the row as it was.
        unlink(path + "-wal")
        do {
            _ = try withFile(folder.path) { try $0.read(from: 0, maxBytes: 1 << 20) }
            Issue.record("the damage was not found")
        } catch let error as OutboxError {
            guard case .database(let inner) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(inner.remedy == .quarantine)
            #expect(error.text.contains("checksum"))
        }
    }

    @Test("a newer format is refused with both versions named, and nothing of it is touched")
    func newerFormat() throws {
        let folder = try TemporaryFolder()
        try withFile(folder.path) { try $0.database.execute("PRAGMA user_version=7") }
        let path = folder.path + "/outbox.db"
        let before = try (Files.read(path), Files.read(path + "-wal", limit: 1 << 30))
        do {
            try withFile(folder.path) { _ in }
            Issue.record("it was opened")
        } catch let error as OutboxError {
            #expect(error.text.contains("format 7"))
            #expect(error.text.contains("up to \(OutboxFile.format)"))
            #expect(error.exitCode == 2)
        }
        #expect(try Files.read(path) == before.0)
        #expect(try Files.read(path + "-wal", limit: 1 << 30) == before.1)
    }

    @Test("a second clickd on the folder is refused, with the first one's process id")
    func held() throws {
        let folder = try TemporaryFolder()
        let script = """
            import fcntl, os, sys, time
            f = open(sys.argv[1] + '/clickd.pid', 'w'); fcntl.flock(f, fcntl.LOCK_EX)
            f.write(str(os.getpid()) + '\\n'); f.flush()
            open(sys.argv[1] + '/ready', 'w'); time.sleep(60)
            """
        let holder = try Process.start("python3", ["-c", script, folder.path])
        eventually(within: 10, "the holder has the lock") { Files.exists(folder.path + "/ready") }
        do {
            try withFile(folder.path) { _ in }
            Issue.record("it was opened")
        } catch let error as OutboxError {
            #expect(error.text.hasSuffix("process \(holder.pid)"))
            #expect(error.exitCode == 2)
        }
        holder.signal(SIGKILL)
        holder.wait()
        #expect(try withFile(folder.path) { try $0.usedBytes() } > 0)
    }

    @Test("the ledger's row keeps what was saved")
    func state() throws {
        let folder = try TemporaryFolder()
        try withFile(folder.path) { (file) throws in
            #expect(try file.load("ledger").isEmpty)
            try file.save("ledger", Array("{}".utf8))
        }
        #expect(try withFile(folder.path) { try $0.load("ledger") } == Array("{}".utf8))
    }

    @Test("a dead event keeps all its bytes")
    func dead() throws {
        let folder = try TemporaryFolder()
        let event = DeadEvent(sequence: 9, code: "c", reason: "r", key: [], value: [0, 1, 255])
        try withFile(folder.path) { try $0.dead.insert(event) }
        let file = try OutboxFile.open(folder.path, maxBytes: 64 << 20)
        #expect(try file.database.text("SELECT hex(value) FROM dead WHERE sequence=9") == "0001FF")
        #expect(try file.database.text("SELECT typeof(key) FROM dead") == "blob")
    }
}
