import Linux
import TestSupport
import Testing

@Suite struct LocalSocketTests {
    /// Whether what `client` sends comes out at `server`, which listens.
    private func isServed(
        _ kind: LocalSocket.Kind, _ client: borrowing FileDescriptor, by server: borrowing FileDescriptor
    ) -> Bool {
        guard Files.writeAll(client.raw, [7]) else { return false }
        var byte: UInt8 = 0
        guard case .stream = kind else { return recv(server.raw, &byte, 1, 0) == 1 && byte == 7 }
        // Whoever looked whether it lives has connected too, and is gone.
        while true {
            let raw = clickd_accept(server.raw)
            guard raw >= 0 else { return false }
            let accepted = FileDescriptor(owning: raw)
            if recv(accepted.raw, &byte, 1, 0) == 1 { return byte == 7 }
        }
    }

    @Test("a socket file that nobody serves is replaced", arguments: [LocalSocket.Kind.stream, .datagram])
    func stale(kind: LocalSocket.Kind) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        // Closed when its scope ends, and the file stays, as after kill -9.
        do { _ = try LocalSocket.bind(kind, path: path, mode: 0o600, group: nil) }
        #expect(Files.exists(path))
        let again = try LocalSocket.bind(kind, path: path, mode: 0o660, group: nil)
        let client = try LocalSocket.connect(kind, path: path)
        let served = isServed(kind, client, by: again)
        #expect(served)
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
        let client = try LocalSocket.connect(kind, path: path)
        let served = isServed(kind, client, by: first)
        #expect(served, "it is the first's still")
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
        // Linux takes 107 bytes and the NUL behind them.
        let longest = folder.path + "/" + String(repeating: "s", count: 106 - folder.path.utf8.count)
        try #require(longest.utf8.count == 107)
        let server = try LocalSocket.bind(.stream, path: longest, mode: 0o600, group: nil)
        #expect(throws: SystemError("socket \(longest)s", code: ENAMETOOLONG)) {
            _ = try LocalSocket.bind(.stream, path: longest + "s", mode: 0o600, group: nil)
        }
        #expect(throws: SystemError("socket \(longest)s", code: ENAMETOOLONG)) {
            _ = try LocalSocket.connect(path: longest + "s")
        }
        let client = try LocalSocket.connect(path: longest)
        let served = isServed(.stream, client, by: server)
        #expect(served)
    }

    @Test("the kernel tells who is at the other end")
    func peer() throws {
        let folder = try TemporaryFolder()
        let server = try LocalSocket.bind(.stream, path: folder.path + "/s", mode: 0o600, group: nil)
        let client = try LocalSocket.connect(path: folder.path + "/s")
        let accepted = FileDescriptor(owning: clickd_accept(server.raw))
        #expect(LocalSocket.peerUser(accepted.raw) == geteuid())
        // Of what has no peer nobody is told.
        #expect(LocalSocket.peerUser(-1) == nil)
        withExtendedLifetime(client) {}
    }

    @Test("UDP sockets take IPv4 and IPv6 addresses and nothing else")
    func udp() throws {
        func family(_ descriptor: borrowing FileDescriptor) -> Int32 {
            let raw = descriptor.raw
            var address = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let code = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &size) }
            }
            return code == 0 ? Int32(address.ss_family) : -1
        }
        let v4 = try LocalSocket.bindUDP(address: "127.0.0.1", port: 0)
        let first = family(v4)
        #expect(first == AF_INET)
        do throws(SystemError) {
            let v6 = try LocalSocket.bindUDP(address: "::1", port: 0)
            let second = family(v6)
            #expect(second == AF_INET6)
        } catch {
            // A host without IPv6 has understood the address and cannot serve it.
            #expect(error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT, "\(error)")
        }
        for wrong in ["localhost", "", "127.0.0.1.1", "::1::", "127.0.0.1:1", "[::1]", "/run/s"] {
            #expect(throws: SystemError("udp \(wrong):1", code: EINVAL)) {
                _ = try LocalSocket.bindUDP(address: wrong, port: 1)
            }
        }
    }
}
