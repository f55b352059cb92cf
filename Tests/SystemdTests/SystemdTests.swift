import Linux
import Systemd
import TestSupport
import Testing

@Suite(.waiting, .serialized) struct SystemdTests {
    @Test("what is said reaches the socket that NOTIFY_SOCKET names; without it nothing happens")
    func notify() throws {
        let folder = try TemporaryFolder()
        unsetenv("NOTIFY_SOCKET")
        ServiceManager.notify("READY=1")
        let socket = try LocalSocket.bind(.datagram, path: folder.path + "/notify", mode: 0o600, group: nil)
        setenv("NOTIFY_SOCKET", folder.path + "/notify", 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        ServiceManager.notify("READY=1\nSTATUS=well")
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(socket.raw, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer[..<max(count, 0)], as: UTF8.self) == "READY=1\nSTATUS=well")
        #expect(recv(socket.raw, &buffer, buffer.count, 0) == -1, "and it came once")
    }

    @Test("the watchdog's interval is read where it is meant for this process")
    func watchdog() {
        unsetenv("WATCHDOG_USEC")
        #expect(ServiceManager.watchdogMicroseconds == nil)
        setenv("WATCHDOG_USEC", "20000000", 1)
        defer {
            unsetenv("WATCHDOG_USEC")
            unsetenv("WATCHDOG_PID")
        }
        #expect(ServiceManager.watchdogMicroseconds == 20_000_000)
        setenv("WATCHDOG_PID", "1", 1)
        #expect(ServiceManager.watchdogMicroseconds == nil)
    }

    @Test("sockets meant for another process are not taken")
    func inherited() {
        #expect(ServiceManager.inheritedSockets().isEmpty)
        setenv("LISTEN_PID", "1", 1)
        setenv("LISTEN_FDS", "2", 1)
        #expect(ServiceManager.inheritedSockets().isEmpty)
        #expect(getenv("LISTEN_FDS") == nil, "children do not see them")
    }
}
