// Which pages may send from browsers (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol): those of this host, and
// those of `web.allow_origins`. No cookies, ever: no answer allows credentials. Pure.
import HTTP

public struct CrossOrigin: Sendable {
    public enum Verdict: Sendable, Equatable {
        /// No page, or one of this host: no headers are needed.
        case own
        /// A page of the allowed origin with this number.
        case allowed(Int)
        case refused
    }

    private let origins: [String]
    private let headerSets: [[Response.Header]]

    public init(_ origins: [String]) {
        self.origins = origins
        headerSets = origins.map { origin in
            [
                ("Access-Control-Allow-Origin", origin),
                ("Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Reset"), ("Vary", "Origin"),
            ]
        }
    }

    /// How many kinds of answers there are: one without headers, one for each allowed origin.
    var kinds: Int { origins.count + 1 }

    /// What of a request with these headers; nil: it has none. `host` is the one the page's own requests go to.
    public func verdict(origin: String?, host: String?) -> Verdict {
        guard let origin else { return .own }
        if let number = origins.firstIndex(where: { $0 == "*" || $0 == origin }) { return .allowed(number) }
        if let host, origin == "http://" + host || origin == "https://" + host { return .own }
        return .refused
    }

    func headers(_ verdict: Verdict) -> [Response.Header] {
        if case .allowed(let number) = verdict { headerSets[number] } else { [] }
    }

    /// What Segment's browser library asks before it sends.
    func preflight(_ verdict: Verdict) -> Response {
        let allowed: [Response.Header] = [
            ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding"),
            ("Access-Control-Max-Age", "86400"), ("Allow", "GET, POST, OPTIONS"),
        ]
        return Response(204, headers: headers(verdict) + allowed)
    }
}
