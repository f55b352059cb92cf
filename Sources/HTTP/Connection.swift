// One client's connection, and until when its present step must be done: headers, body, taking the answer. libmicrohttpd
// itself only ends connections on which nothing moves; one that moves a byte now and then it keeps for ever.
// A deadline is set by the connection's own thread and read by the reaper.
import Linux
import Synchronization

final class Connection: Sendable {
    let socket: Int32
    private let deadline: Atomic<Int64>

    init(socket: Int32, seconds: Int) {
        self.socket = socket
        deadline = Atomic(Monotonic.now.adding(milliseconds: seconds * 1000).nanoseconds)
    }

    /// The present step may take this long from now; nil: as long as it needs, since it waits for us.
    func allow(seconds: Int?) {
        let end = seconds.map { Monotonic.now.adding(milliseconds: $0 * 1000).nanoseconds } ?? .max
        deadline.store(end, ordering: .relaxed)
    }

    func isOverdue(_ now: Monotonic) -> Bool { deadline.load(ordering: .relaxed) < now.nanoseconds }
}

/// All connections of a server, and the thread that ends those beyond their deadline.
final class Reaper: Sendable {
    private let connections = Guarded<[ObjectIdentifier: Connection]>([:])
    private let stopped: EventDescriptor
    private let thread = Guarded<NamedThread?>(nil)

    init() throws(SystemError) { stopped = try EventDescriptor() }

    func start() throws(SystemError) {
        let started = try NamedThread.start("http-reaper") {
            while !self.stopped.wait(milliseconds: 500) { self.reap() }
        }
        thread.withLock { $0 = started }
    }

    func stop() {
        stopped.signal()
        thread.withLock { $0?.join() }
    }

    var count: Int { connections.withLock { $0.count } }

    func add(_ connection: Connection) { connections.withLock { $0[ObjectIdentifier(connection)] = connection } }

    /// Called before libmicrohttpd closes the socket: under the lock no socket can become somebody else's.
    func remove(_ connection: Connection) {
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    private func reap() {
        let now = Monotonic.now
        connections.withLock { all in
            for connection in all.values where connection.isOverdue(now) {
                // libmicrohttpd sees the end of the stream and closes.
                shutdown(connection.socket, Int32(SHUT_RDWR))
            }
        }
    }
}
