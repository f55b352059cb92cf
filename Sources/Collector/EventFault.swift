// Why an event, or a whole request, will never be taken: the code and a sentence for the person who reads the answer.

public struct EventFault: Error, Sendable, Equatable {
    public let code: String
    public let message: String

    public init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    static let notJSON = EventFault("not_json", "this is not JSON")
    static let notObject = EventFault("not_object", "an event is a JSON object")
    static let tooLarge = EventFault("too_large", "an event is at most 32 KiB")
    static let bodyTooLarge = EventFault("too_large", "a request's body is at most 500 KB, also unpacked")
    static let badBatch = EventFault("bad_field", "a batch is an object with one array \"batch\" of events")
    static let badKey = EventFault("invalid_write_key", "the write key is missing or unknown")
    static let badType = EventFault(
        "unsupported_type", "send application/json or text/plain, or a content type of CloudEvents")
    static let badEncoding = EventFault("unsupported_encoding", "send the body as it is, or as gzip")
    static let notGzip = EventFault("not_gzip", "the body is not gzip")
    static let badOrigin = EventFault("origin_not_allowed", "pages of this origin may not send; see web.allow_origins")
    static let badFraming = EventFault("bad_request", "the request's headers contradict each other")
}
