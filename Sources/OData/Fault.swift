// What is wrong with a request: status, code and sentence of OData's error object.

public struct Fault: Error, Sendable, Equatable {
    public let status: Int
    public let code: String
    public let message: String

    /// It will never work as it stands: 400.
    static func bad(_ message: String) -> Fault { Fault(status: 400, code: "bad_request", message: message) }

    /// OData knows it, this service does not do it: 501, so that nothing asked for is ever left out silently.
    static func unsupported(_ message: String) -> Fault {
        Fault(status: 501, code: "not_implemented", message: message)
    }

    /// The deadline passed, or memory would not do: a smaller question can be answered.
    static func tooMuch(_ message: String) -> Fault {
        Fault(status: 503, code: "too_much", message: message + ": narrow it, by Time or Date best")
    }

    static func notFound(_ message: String) -> Fault { Fault(status: 404, code: "not_found", message: message) }

    static let readOnly = Fault(
        status: 405, code: "read_only", message: "this service is read-only: it takes GET and HEAD")

    static func notAcceptable(_ message: String) -> Fault {
        Fault(status: 406, code: "not_acceptable", message: message)
    }
}

/// What was sent, in quotes, cut short.
func quoted(_ text: String) -> String { "\"" + String(text.prefix(80)) + "\"" }
