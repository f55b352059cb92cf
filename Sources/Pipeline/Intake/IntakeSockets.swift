// The sockets intake reads: opened as configured, or inherited from systemd, which wins over the configured paths. A
// class, for there are many ways out of the start between opening and handing over: Swift 6.0 cannot compile them for a
// noncopyable value.
import Linux
import Settings

public final class IntakeSockets {
    public private(set) var stream: [Int32] = []
    public private(set) var datagram: [Int32] = []
    public private(set) var udp: [Int32] = []
    /// Files to remove at the end; inherited sockets' stay.
    private var paths: [String] = []

    /// Opens what `settings` name, but what is among `inherited` already (SOCK_STREAM, SOCK_DGRAM of AF_UNIX, or UDP).
    public static func open(_ settings: IntakeSettings, inherited: [Int32] = []) throws -> IntakeSockets {
        let sockets = IntakeSockets()
        for fd in inherited { sockets.take(inherited: fd) }
        if let path = settings.streamSocket, sockets.stream.isEmpty {
            sockets.stream.append(try bind(.stream, path, settings).release())
            sockets.paths.append(path)
        }
        if let path = settings.datagramSocket, sockets.datagram.isEmpty {
            sockets.datagram.append(try bind(.datagram, path, settings).release())
            sockets.paths.append(path)
        }
        if let address = settings.udp, sockets.udp.isEmpty {
            sockets.udp.append(try LocalSocket.bindUDP(address: address.host, port: address.port).release())
        }
        for fd in sockets.datagram + sockets.udp {
            LocalSocket.set(SO_RXQ_OVFL, 1, on: fd)
            LocalSocket.set(SO_RCVBUFFORCE, 16 << 20, on: fd)
            LocalSocket.set(SO_RCVBUF, 16 << 20, on: fd)
        }
        if !settings.allowUsers.isEmpty { for fd in sockets.datagram { LocalSocket.set(SO_PASSCRED, 1, on: fd) } }
        return sockets
    }

    private static func bind(
        _ kind: LocalSocket.Kind, _ path: String, _ settings: IntakeSettings
    ) throws -> FileDescriptor {
        try Files.makeFolder(Files.parent(of: path), mode: 0o755)
        return try LocalSocket.bind(kind, path: path, mode: settings.socketMode, group: settings.socketGroup)
    }

    private func take(inherited fd: Int32) {
        var family: Int32 = 0
        var kind: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0,
            getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) == 0
        else { return }
        _ = clickd_set_nonblocking(fd)
        if family != AF_UNIX {
            udp.append(fd)
        } else if kind == Int32(SOCK_STREAM.rawValue) {
            stream.append(fd)
        } else {
            datagram.append(fd)
        }
    }

    deinit {
        for fd in stream + datagram + udp { close(fd) }
        for path in paths { unlink(path) }
    }
}
