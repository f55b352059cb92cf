import Linux
import TestSupport
import Testing

@Suite struct FilesTests {
    @Test("replacing a file leaves the old or the new, with the mode asked for, and nothing beside it")
    func replace() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a"
        try Files.replace(path, with: Array("old".utf8))
        try Files.replace(path, with: Array("new".utf8), mode: 0o640)
        #expect(try Files.read(path) == Array("new".utf8))
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o640)
        #expect(!Files.exists(path + ".new"))
        #expect(throws: SystemError.self) { try Files.replace(folder.path + "/no/a", with: []) }
    }

    @Test("a file larger than the limit is an error, as is one that is not there")
    func limit() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a"
        try Files.replace(path, with: [UInt8](repeating: 7, count: 100_000))
        #expect(try Files.read(path, limit: 100_000).count == 100_000)
        #expect(throws: SystemError("read \(path)", code: EFBIG)) { try Files.read(path, limit: 99_999) }
        #expect(throws: SystemError("open \(path)x", code: ENOENT)) { try Files.read(path + "x") }
    }

    @Test("a folder is made with those above it, and may be there already")
    func makeFolder() throws {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder.path + "/a/b/c")
        try Files.makeFolder(folder.path + "/a/b/c")
        #expect(Files.exists(folder.path + "/a/b/c"))
        #expect(Files.parent(of: "/a") == "/")
        #expect(Files.parent(of: "a") == ".")
        #expect(Files.parent(of: "/a/b") == "/a")
    }

    @Test("random bytes are hexadecimal, as many as asked for, and other ones each time")
    func random() {
        let some = (0..<100).map { _ in Files.randomHex(bytes: 16) }
        #expect(Set(some).count == 100)
        #expect(some.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
    }

    @Test("a pid file has one holder, whom it names; the next one takes it when the holder is gone")
    func pidFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pid"
        do {
            let mine = try PidFile.take(path)
            #expect(try Files.read(path) == Array("\(getpid())\n".utf8))
            do {
                _ = try PidFile.take(path)
                Issue.record("taken twice")
            } catch let held as PidFile.Held {
                #expect(held.pid == Int(getpid()))
            }
            withExtendedLifetime(mine) {}
        }
        _ = try PidFile.take(path)
    }

    @Test("a pid file is let go though another process that is being started has its descriptor still")
    func pidFileOfChild() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pid"
        var inherited: FileDescriptor?
        do {
            let mine = try PidFile.take(path)
            // As fork does, with the same open file behind it.
            let raw = try #require(
                (0..<4096).first { number in
                    var buffer = [CChar](repeating: 0, count: 4096)
                    let count = readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
                    return String(decoding: buffer.prefix(max(0, count)).map(UInt8.init), as: UTF8.self) == path
                })
            inherited = FileDescriptor(owning: dup(Int32(raw)))
            withExtendedLifetime(mine) {}
        }
        _ = try PidFile.take(path)
        withExtendedLifetime(inherited) {}
    }
}

@Suite struct PollerTests {
    @Test("each ready descriptor comes with its tag, for what was asked")
    func tags() throws {
        let poller = try Poller.make(capacity: 2)
        let events = [try EventDescriptor(), try EventDescriptor(), try EventDescriptor()]
        for (index, event) in events.enumerated() { try poller.add(event.raw, tag: UInt64(index) + 10) }
        func ready() -> [UInt64] {
            var tags: [UInt64] = []
            poller.wait(milliseconds: 0) { if $0.canRead { tags.append($0.tag) } }
            return tags
        }
        #expect(ready().isEmpty)
        events[2].signal()
        #expect(ready() == [12])
        #expect(ready() == [12], "level-triggered")
        events[2].clear()
        try poller.change(events[1].raw, tag: 21, read: true, write: false)
        events[1].signal()
        #expect(ready() == [21])
        poller.remove(events[1].raw)
        #expect(ready().isEmpty)
        #expect(throws: SystemError.self) { try poller.change(events[1].raw, tag: 1, read: true, write: false) }
    }

    @Test("a peer that hung up is told")
    func hangUp() throws {
        var pair: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let mine = FileDescriptor(owning: pair[0])
        let poller = try Poller.make()
        try poller.add(mine.raw, tag: 1)
        close(pair[1])
        var isOver = false
        poller.wait(milliseconds: 1000) { isOver = $0.isOver }
        #expect(isOver)
    }
}
