// An HTTP server on libmicrohttpd: a few epoll threads, no thread a connection. Headers, address and body are bounded,
// slow clients are ended, and a request may wait suspended for its answer. Its handler runs on the epoll threads and
// must not block. Stopping is bounded: no new connections, what waits is answered, then the threads end.
import CMicrohttpd
import Linux
import Metrics
import Synchronization

public final class Server: @unchecked Sendable {
    // `@unchecked Sendable`: `daemon` is set before the first request can need it and cleared when none is left.

    /// What the handler says of a request.
    public enum Answer {
        case now(Response)
        /// The request is suspended first, then given on; whoever has it calls `Request.answer`.
        case later((Request) -> Void)
    }

    /// Why a request does not come to the handler.
    public enum Refusal: Sendable {
        /// A larger body than `bodyLimit`.
        case bodyTooLarge
        /// Headers that another server could take for two requests; the connection is closed.
        case badFraming
    }

    public struct Limits: Sendable {
        /// Connections at once; more wait in the kernel's queue.
        public var connections = 4096
        /// Bytes of a body that are kept.
        public var bodyBytes = 512_000
        /// Bytes of a body too large that are read and dropped, so that its sender reads the answer.
        public var discardedBytes = 8 << 20
        /// Bytes of memory a connection: request line and headers must fit, the body passes through.
        public var connectionMemory = 32 << 10
        /// Seconds until the first headers are there.
        public var headerSeconds = 15
        /// Seconds for a body.
        public var bodySeconds = 30
        /// Seconds for a client to take its answer.
        public var answerSeconds = 60
        /// Seconds until the next request of a connection.
        public var idleSeconds = 75

        public init() {}
    }

    public let limits: Limits
    /// How many requests were answered with each status, 100 to 599 at its own place.
    private let answered: [Counter] = (0..<600).map { _ in Counter() }
    let handler: (Request) -> Answer
    let refuse: (Refusal, Request) -> Response
    let reaper: Reaper
    let suspended = Atomic<Int>(0)
    private let socket: FileDescriptor
    private var daemon: OpaquePointer?

    /// Listens at a numeric address. `threads` epoll threads run `handler`.
    public init(
        host: String, port: UInt16, threads: Int, limits: Limits = Limits(),
        refuse: @escaping @Sendable (Refusal, Request) -> Response, handler: @escaping @Sendable (Request) -> Answer
    ) throws(SystemError) {
        self.limits = limits
        self.handler = handler
        self.refuse = refuse
        let raw = clickd_http_listen(host, port, 4096)
        guard raw >= 0 else { throw SystemError("listen on \(host) port \(port)") }
        socket = FileDescriptor(owning: raw)
        reaper = try Reaper()
        daemon = clickd_http_start(
            raw, UInt32(clamping: threads), UInt32(clamping: limits.connections), limits.connectionMemory,
            UInt32(clamping: limits.idleSeconds), Server.received, Server.completed, Server.connected,
            Unmanaged.passUnretained(self).toOpaque())
        guard daemon != nil else { throw SystemError("start the HTTP server on \(host) port \(port)") }
        try reaper.start()
    }

    /// Requests answered so far, by status; those never asked for are left out.
    public var counts: [(status: Int, count: Int)] {
        answered.enumerated().compactMap { $1.value > 0 ? ($0, $1.value) : nil }
    }

    /// Connections that are open.
    public var connections: Int { reaper.count }

    func count(_ status: Int) { if answered.indices.contains(status) { answered[status].add() } }

    func resume(_ connection: OpaquePointer) {
        MHD_resume_connection(connection)
        suspended.subtract(1, ordering: .releasing)
    }

    /// Takes no more connections; those that are there go on.
    public func quiesce() { if let daemon { MHD_quiesce_daemon(daemon) } }

    /// Ends all connections and threads once no request waits suspended, at most `seconds` from now. False when some
    /// still waited: then the threads run on, and the process can only exit.
    public func stop(seconds: Double) -> Bool {
        quiesce()
        let deadline = Monotonic.now.adding(milliseconds: Int(seconds * 1000))
        while suspended.load(ordering: .acquiring) > 0 {
            guard Monotonic.now < deadline else { return false }
            usleep(5000)
        }
        if let daemon { MHD_stop_daemon(daemon) }
        daemon = nil
        reaper.stop()
        return true
    }
}
