// A whole answer: status, headers, body. It is made once, never changes, and may answer many requests from any thread:
// libmicrohttpd counts who still needs it. Every answer carries the security headers.
import CMicrohttpd

/// `@unchecked Sendable`: libmicrohttpd allows a response that is no longer changed to be queued from every thread.
public final class Response: @unchecked Sendable {
    /// A header's name and value; neither may hold a line break.
    public typealias Header = (name: String, value: String)

    /// What a browser lets the document of an answer do.
    public enum Policy: Sendable {
        /// Nothing at all: JSON, images, scripts.
        case inert
        /// A page of ours: its own host's scripts, styles and images, and no frame around it.
        case page

        var text: String {
            switch self {
            case .inert: "default-src 'none'; frame-ancestors 'none'"
            case .page:
                "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
                    + "frame-ancestors 'none'"
            }
        }
    }

    /// 200 to 599.
    public let status: Int
    /// The body's size in bytes.
    public let size: Int
    let handle: OpaquePointer?

    /// `closes`: the connection is closed behind the answer.
    public init(
        _ status: Int, type: String? = nil, body: [UInt8] = [], headers: [Header] = [], policy: Policy = .inert,
        closes: Bool = false
    ) {
        self.status = status
        size = body.count
        handle = body.withUnsafeBytes { clickd_http_response($0.baseAddress, $0.count) }
        if let type { add("Content-Type", type) }
        add("Content-Security-Policy", policy.text)
        add("X-Content-Type-Options", "nosniff")
        add("Referrer-Policy", "strict-origin-when-cross-origin")
        if closes { add("Connection", "close") }
        for header in headers { add(header.name, header.value) }
    }

    deinit { if let handle { MHD_destroy_response(handle) } }

    private func add(_ name: String, _ value: String) {
        guard let handle else { return }
        // Refused are line breaks in the value, which would be headers of their own: such a header is left out.
        _ = MHD_add_response_header(handle, name, value)
    }

    public static func json(_ status: Int, _ body: [UInt8], headers: [Header] = [], closes: Bool = false) -> Response {
        Response(
            status, type: "application/json", body: body, headers: headers + [("Cache-Control", "no-store")],
            closes: closes)
    }

    public static func text(_ status: Int, _ body: String, headers: [Header] = [], closes: Bool = false) -> Response {
        Response(
            status, type: "text/plain; charset=utf-8", body: Array(body.utf8), headers: headers, closes: closes)
    }
}
