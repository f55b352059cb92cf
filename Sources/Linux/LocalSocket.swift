// Unix and UDP sockets to listen on. A socket file of a dead daemon is replaced, a live daemon's never.

public enum LocalSocket {
    /// Somebody listens at this path.
    public struct InUse: Error, Sendable { public let path: String }

    public enum Kind: Sendable {
        case stream, datagram

        var raw: Int32 {
            switch self {
            case .stream: Int32(SOCK_STREAM.rawValue)
            case .datagram: Int32(SOCK_DGRAM.rawValue)
            }
        }
    }

    /// Binds (and for streams listens) at `path` with `mode` and `group`, replacing a file that nobody serves.
    public static func bind(
        _ kind: Kind, path: String, mode: UInt32, group: UInt32?, backlog: Int32 = 4096
    ) throws -> FileDescriptor {
        try check(path)
        let descriptor = try make(AF_UNIX, kind.raw)
        try removeStale(kind, path)
        // Nobody may connect between bind and chmod.
        let mask = umask(0o177)
        let bound = withAddress(path) { Glibc.bind(descriptor.raw, $0, $1) }
        let code = clickd_errno()
        umask(mask)
        guard bound == 0 else { throw SystemError("bind \(path)", code: code) }
        if let group, chown(path, uid_t.max, group) != 0 { throw SystemError("give \(path) to group \(group)") }
        guard chmod(path, mode) == 0 else { throw SystemError("chmod \(path)") }
        if kind == .stream, listen(descriptor.raw, backlog) != 0 { throw SystemError("listen \(path)") }
        return descriptor
    }

    /// Connects to a Unix socket; blocking.
    public static func connect(_ kind: Kind = .stream, path: String) throws(SystemError) -> FileDescriptor {
        try check(path)
        let raw = socket(AF_UNIX, kind.raw | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("socket") }
        let descriptor = FileDescriptor(owning: raw)
        guard withAddress(path, { Glibc.connect(descriptor.raw, $0, $1) }) == 0 else {
            throw SystemError("connect \(path)")
        }
        return descriptor
    }

    /// A UDP socket bound to an IPv4 or IPv6 address.
    public static func bindUDP(address: String, port: UInt16) throws(SystemError) -> FileDescriptor {
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET, address, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            return try bindUDP(AF_INET, &v4, "udp \(address):\(port)")
        }
        guard inet_pton(AF_INET6, address, &v6.sin6_addr) == 1 else {
            throw SystemError("udp \(address):\(port)", code: EINVAL)
        }
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        return try bindUDP(AF_INET6, &v6, "udp [\(address)]:\(port)")
    }

    private static func bindUDP<Address>(
        _ family: Int32, _ address: inout Address, _ name: String
    ) throws(SystemError) -> FileDescriptor {
        let descriptor = try make(family, Int32(SOCK_DGRAM.rawValue))
        let size = socklen_t(MemoryLayout<Address>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor.raw, $0, size) }
        }
        guard bound == 0 else { throw SystemError("bind \(name)") }
        return descriptor
    }

    /// Sets an integer option of level SOL_SOCKET; what the kernel refuses is left as it is.
    public static func set(_ option: Int32, _ value: Int32, on fd: Int32) {
        var value = value
        setsockopt(fd, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether `uid` is the peer's of a Unix stream; nil where the kernel does not tell.
    public static func peerUser(_ fd: Int32) -> UInt32? {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        var pid: Int32 = 0
        return clickd_peer_credentials(fd, &uid, &gid, &pid) == 0 ? uid : nil
    }

    private static func make(_ family: Int32, _ kind: Int32) throws(SystemError) -> FileDescriptor {
        let raw = socket(family, kind | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw SystemError("socket") }
        return FileDescriptor(owning: raw)
    }

    private static func removeStale(_ kind: Kind, _ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError("bind \(path)", code: EEXIST) }
        let probe = try make(AF_UNIX, kind.raw)
        let connected = withAddress(path) { Glibc.connect(probe.raw, $0, $1) }
        // A full backlog (EAGAIN) and another kind of socket (EPROTOTYPE) are signs of life too.
        guard connected != 0, clickd_errno() == ECONNREFUSED else { throw InUse(path: path) }
        unlink(path)
    }

    /// A longer path than sun_path holds would be cut, and another socket meant.
    private static func check(_ path: String) throws(SystemError) {
        guard !path.isEmpty, path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw SystemError("socket \(path)", code: path.isEmpty ? ENOENT : ENAMETOOLONG)
        }
    }

    private static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            for (index, byte) in path.utf8.prefix(room.count - 1).enumerated() { room[index] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
