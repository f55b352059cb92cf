// The error of this module: what was tried, what libmongoc or the server said, and what to do about it.
import CMongoc

public struct MongoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried: "insert into events", "ping".
    public let operation: String
    public let domain: MongoErrorDomain
    /// The server's code in domains `server` and `writeConcern`, else libmongoc's.
    public let code: Int32
    /// Without credentials; up to 500 bytes.
    public let text: String
    public let remedy: MongoRemedy

    public var description: String { "\(operation): \(text) (\(domain) \(code))" }

    package init(
        _ operation: String, _ domain: MongoErrorDomain, _ code: Int32, _ text: String, _ remedy: MongoRemedy? = nil
    ) {
        self.operation = operation
        self.domain = domain
        self.code = code
        self.text = text
        self.remedy = remedy ?? .of(domain, code, .command)
    }

    /// From libmongoc's error of a client with error API version 2, where server errors have a domain of their own.
    init(_ operation: String, _ error: UnsafePointer<bson_error_t>) {
        let code = Int32(truncatingIfNeeded: error.pointee.code)
        let domain = MongoErrorDomain(error.pointee.domain, error.pointee.code)
        let text = withUnsafeBytes(of: error.pointee.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(operation, domain, code, text.isEmpty ? "failed without a reason" : MongoWords.sentence(text))
    }

    static func closed(_ operation: String) -> MongoError {
        MongoError(operation, .argument, 0, "the client is closed", .giveUp)
    }
}

/// Who found the error.
public enum MongoErrorDomain: Sendable, Equatable {
    case server
    case writeConcern
    /// No server fit within the selection timeout: none reachable, no primary, or credentials refused by all.
    case serverSelection
    /// The connection: resolving, connecting, TLS, socket timeouts, closed by the peer.
    case network
    case authentication
    /// A document that libbson or libmongoc will not send.
    case bson
    /// What we asked for makes no sense: an invalid URI, option, or a closed client.
    case argument
    case namespace
    case query
    case other(UInt32)

    init(_ domain: UInt32, _ code: UInt32) {
        switch mongoc_error_domain_t(domain) {
        case MONGOC_ERROR_SERVER: self = .server
        case MONGOC_ERROR_WRITE_CONCERN: self = .writeConcern
        case MONGOC_ERROR_SERVER_SELECTION: self = .serverSelection
        case MONGOC_ERROR_STREAM: self = .network
        case MONGOC_ERROR_SASL, MONGOC_ERROR_SCRAM: self = .authentication
        case MONGOC_ERROR_CLIENT where code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue: self = .authentication
        case MONGOC_ERROR_BSON: self = .bson
        case MONGOC_ERROR_COMMAND where code == MONGOC_ERROR_COMMAND_INVALID_ARG.rawValue: self = .argument
        case MONGOC_ERROR_NAMESPACE: self = .namespace
        case MONGOC_ERROR_QUERY: self = .query
        default: self = .other(domain)
        }
    }
}
