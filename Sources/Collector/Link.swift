// The way to clickd: a few connections to its stream socket, shared by all requests. A request's lines go out on one of
// them, and its end is told when clickd's OK covers its last line, with what clickd refused of it. No line is given on
// that cannot be answered for: where clickd is away or does not keep up, the request is told so at once.
import Linux

public final class Link: Sendable {
    /// clickd refused a line; `line` counts the lines of the request, from 0.
    public struct Refusal: Sendable, Equatable {
        public let line: Int
        public let code: String
        public let text: String
    }

    public enum Outcome: Sendable, Equatable {
        /// Stored and synced, but for these.
        case settled([Refusal])
        /// clickd cannot be reached, or the connection broke before its OK: stored or not, nobody knows.
        case away
        /// clickd does not keep up, or its outbox is full.
        case full
    }

    public struct Options: Sendable {
        public var connections = 2
        /// Bytes that wait for their OK, on each connection.
        public var waitingBytes = 16 << 20
        /// How long a request waits for its OK before it is told that clickd is full.
        public var patienceMilliseconds = 10_000
        /// While the oldest line waits longer than this, new requests are told so at once.
        public var stallMilliseconds = 3000

        public init() {}
    }

    private let connections: [LinkConnection]

    public init(socket path: String, options: Options = Options()) throws(SystemError) {
        var all: [LinkConnection] = []
        for number in 0..<max(1, options.connections) { all.append(try LinkConnection(path, number, options)) }
        connections = all
    }

    /// Gives whole lines on; `completion` is called once, perhaps at once, perhaps on the link's thread. It must be quick.
    public func send(_ lines: [UInt8], count: Int, completion: @escaping @Sendable (Outcome) -> Void) {
        var best: (connection: LinkConnection, bytes: Int)?
        for connection in connections {
            switch connection.load {
            case .away: continue
            // clickd reads all of them or none: a new line would only wait beside the old ones.
            case .stalled: return completion(.full)
            case .waiting(let bytes): if best.map({ bytes < $0.bytes }) ?? true { best = (connection, bytes) }
            }
        }
        guard let best else { return completion(.away) }
        let delivery = Delivery(lines: lines, count: count, completion: completion)
        if let refused = best.connection.take(delivery) { completion(refused) }
    }

    /// Whether clickd can be reached.
    public var isUp: Bool {
        connections.contains { if case .away = $0.load { false } else { true } }
    }

    /// Bytes that wait for their OK.
    public var waitingBytes: Int { connections.reduce(0) { $0 + $1.waitingBytes } }

    /// Connections made so far, beyond the first of each.
    public var reconnections: Int { connections.reduce(0) { $0 + $1.reconnections } }

    /// Waits at most `milliseconds` for what is on its way, answers the rest with `away`, and ends.
    public func stop(milliseconds: Int) {
        for connection in connections { connection.requestStop(milliseconds: milliseconds) }
        for connection in connections { connection.join() }
    }
}

/// A request's lines on their way.
final class Delivery: @unchecked Sendable {
    // `@unchecked Sendable`: after `take` it belongs to the link's thread alone.
    let lines: [UInt8]
    let count: Int
    let since = Monotonic.now
    /// The number of its last line on its connection.
    var lastLine = 0
    var refusals: [Link.Refusal] = []
    private var completion: ((Link.Outcome) -> Void)?

    init(lines: [UInt8], count: Int, completion: @escaping @Sendable (Link.Outcome) -> Void) {
        self.lines = lines
        self.count = count
        self.completion = completion
    }

    /// Tells the outcome, the first time only.
    func complete(_ outcome: Link.Outcome) {
        guard let completion else { return }
        self.completion = nil
        completion(outcome)
    }
}
