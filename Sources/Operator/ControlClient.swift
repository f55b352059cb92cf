// Asks the daemon over its control socket.
import JSON
import Linux

package struct ControlClient: ~Copyable {
    /// No daemon answers; exit 4 of `status`.
    package struct NoDaemon: Error { package let text: String }

    private let connection: FileDescriptor
    private var buffer: [UInt8] = []

    init(path: String) throws(NoDaemon) {
        self.init(try ControlClient.connect(path))
    }

    private static func connect(_ path: String) throws(NoDaemon) -> FileDescriptor {
        do throws(SystemError) {
            let connection = try LocalSocket.connect(path: path)
            var timeout = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(connection.raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            return connection
        } catch {
            throw NoDaemon(text: "no daemon answers at \(path): \(error.text)")
        }
    }

    /// Cannot fail: Swift 6.0 miscompiles a throw among initial values.
    private init(_ connection: consuming FileDescriptor) { self.connection = connection }

    func ask(_ command: String) { _ = Files.writeAll(connection.raw, Array("{\"command\":\"\(command)\"}\n".utf8)) }

    /// The next line; nil at the end, and after `seconds` without one.
    mutating func line(waitingSeconds seconds: Int = 5) -> [UInt8]? {
        let deadline = Monotonic.now.adding(milliseconds: seconds * 1000)
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            var entry = pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, deadline.millisecondsFromNow)
            if ready < 0 && clickd_errno() == EINTR { return nil }
            guard ready > 0 else { return nil }
            let count = read(connection.raw, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer.append(contentsOf: chunk[..<count])
        }
    }

    /// Sends a request line, waits for its one answer.
    static func ask(path: String, _ request: [UInt8], waitingSeconds seconds: Int = 5) throws(NoDaemon) -> [UInt8] {
        var client = try ControlClient(path: path)
        _ = Files.writeAll(client.connection.raw, request)
        guard let line = client.line(waitingSeconds: seconds) else {
            throw NoDaemon(text: "the daemon at \(path) does not answer")
        }
        return line
    }

    /// The daemon's status, as JSON text.
    package static func status(path: String) throws(NoDaemon) -> [UInt8] {
        var client = try ControlClient(path: path)
        client.ask("status")
        guard let line = client.line() else { throw NoDaemon(text: "the daemon at \(path) does not answer") }
        return line
    }
}
