import Linux
import TestSupport
import Testing

@Suite struct LocalSocketTests {
    @Test("a socket file that nobody serves is replaced", arguments: [LocalSocket.Kind.stream, .datagram])
    func stale(kind: LocalSocket.Kind) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        // Closed when its scope ends, and the file stays, as after kill -9.
        do { _ = try LocalSocket.bind(kind, path: path, mode: 0o600, group: nil) }
        #expect(Files.exists(path))
        let again = try LocalSocket.bind(kind, path: path, mode: 0o660, group: nil)
        let client = try LocalSocket.connect(kind, path: path)
        #expect(client.raw != again.raw)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
    }

    @Test("a path too long for a socket is refused, not cut")
    func tooLong() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + String(repeating: "s", count: 200)
        #expect(throws: SystemError.self) { _ = try LocalSocket.bind(.stream, path: path, mode: 0o600, group: nil) }
        #expect(throws: SystemError.self) { _ = try LocalSocket.connect(path: path) }
        #expect(!Files.exists(String(path.prefix(107))))
    }

    @Test("a socket that somebody serves is never taken", arguments: [LocalSocket.Kind.stream, .datagram])
    func live(kind: LocalSocket.Kind) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let first = try LocalSocket.bind(kind, path: path, mode: 0o600, group: nil)
        #expect(throws: LocalSocket.InUse.self) { _ = try LocalSocket.bind(kind, path: path, mode: 0o600, group: nil) }
        let other: LocalSocket.Kind = if case .stream = kind { .datagram } else { .stream }
        #expect(throws: LocalSocket.InUse.self) { _ = try LocalSocket.bind(other, path: path, mode: 0o600, group: nil) }
        _ = try LocalSocket.connect(kind, path: path)
        #expect(first.raw >= 0)
    }

    @Test("a file that is no socket is left alone")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        try Files.replace(path, with: [1])
        #expect(throws: SystemError("bind \(path)", code: EEXIST)) {
            _ = try LocalSocket.bind(.stream, path: path, mode: 0o600, group: nil)
        }
        #expect(try Files.read(path) == [1])
    }

    @Test("a path that a socket address cannot hold is refused, not cut")
    func longPath() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + String(repeating: "s", count: 120)
        #expect(throws: SystemError.self) {
            _ = try LocalSocket.bind(.stream, path: path, mode: 0o600, group: nil)
        }
    }

    @Test("the kernel tells who is at the other end")
    func peer() throws {
        let folder = try TemporaryFolder()
        let server = try LocalSocket.bind(.stream, path: folder.path + "/s", mode: 0o600, group: nil)
        let client = try LocalSocket.connect(path: folder.path + "/s")
        let accepted = FileDescriptor(owning: clickd_accept(server.raw))
        #expect(LocalSocket.peerUser(accepted.raw) == geteuid())
        #expect(client.raw != accepted.raw)
    }

    @Test("UDP sockets take IPv4 and IPv6 addresses and nothing else")
    func udp() throws {
        let v4 = try LocalSocket.bindUDP(address: "127.0.0.1", port: 0)
        #expect(v4.raw >= 0)
        #expect(throws: SystemError("udp localhost:1", code: EINVAL)) {
            _ = try LocalSocket.bindUDP(address: "localhost", port: 1)
        }
    }
}
