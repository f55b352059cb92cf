// From a path to what answers it: exact paths first, then the longest folder (`/odata/*`). A route says where it runs: at
// once on the server's threads, where it must not block, or on a worker, where it may ask MongoDB.
import HTTP

public struct Routes: Sendable {
    enum Handler: Sendable {
        case atOnce(@Sendable (Request) -> Response)
        case onWorker(@Sendable (Request, Workplace) throws -> Response)
        /// Every method, for what has words of its own for those it refuses.
        case everyMethod(@Sendable (Request, Workplace) throws -> Response)

        var takesEveryMethod: Bool { if case .everyMethod = self { true } else { false } }
    }

    private var exact: [String: Handler] = [:]
    private var folders: [(front: String, handler: Handler)] = []

    public init() {}

    /// GET and HEAD of `path`, answered at once. A path that ends in `/*` stands for all below it.
    public mutating func atOnce(_ path: String, _ answer: @escaping @Sendable (Request) -> Response) {
        add(path, .atOnce(answer))
    }

    /// GET and HEAD of `path`, answered by a worker that may block. What it throws is answered with 503.
    public mutating func get(_ path: String, _ answer: @escaping @Sendable (Request, Workplace) throws -> Response) {
        add(path, .onWorker(answer))
    }

    /// Every method of `path`, answered by a worker that may block.
    public mutating func every(_ path: String, _ answer: @escaping @Sendable (Request, Workplace) throws -> Response) {
        add(path, .everyMethod(answer))
    }

    private mutating func add(_ path: String, _ handler: Handler) {
        guard path.hasSuffix("/*") else {
            exact[path] = handler
            return
        }
        folders.append((String(path.dropLast()), handler))
        folders.sort { $0.front.utf8.count > $1.front.utf8.count }
    }

    private func handler(_ path: String) -> Handler? {
        exact[path] ?? folders.first { path.hasPrefix($0.front) }?.handler
    }

    /// What becomes of a request that no one took before.
    func answer(_ request: Request, _ workers: Workers) -> Server.Answer {
        guard let handler = handler(request.path) else { return .now(Plain.notFound) }
        let isRead = request.method == .get || request.method == .head
        if !isRead, !handler.takesEveryMethod { return .now(Plain.onlyGet) }
        switch handler {
        case .atOnce(let answer): return .now(answer(request))
        case .onWorker(let answer), .everyMethod(let answer):
            return .later { request in
                if !workers.take({ request.answer(workers.answer(request, $0, answer)) }) {
                    request.answer(Plain.busy)
                }
            }
        }
    }
}

/// Answers that say the same to everybody.
enum Plain {
    static let ok = Response.text(200, "ok\n", headers: [("Cache-Control", "no-store")])
    static let notFound = json(404, "not_found", "there is nothing at this address")
    static let onlyGet = json(405, "wrong_method", "this path takes GET", [("Allow", "GET, HEAD")])
    static let busy = json(503, "busy", "too many requests wait; try again in a moment", [("Retry-After", "5")])
    static let failed = json(
        503, "database", "the database did not answer; the log says why", [("Retry-After", "5")])

    static func json(
        _ status: Int, _ code: String, _ message: String, _ headers: [Response.Header] = []
    ) -> Response {
        .json(status, Mistake(code, message).json, headers: headers)
    }
}

/// A request that cannot be answered as it stands: 400 with a code and a sentence.
public struct Mistake: Error, Sendable {
    public let code: String
    public let message: String

    public init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }
}
