// What went wrong at Kafka, and what a caller can do about it. Callers switch on the remedy, never on codes; the
// table that turns codes into remedies is KafkaRemedy.swift. Values only: made on the failing path, on any thread.
import CRdKafka

public struct KafkaError: Error, Sendable, Equatable {
    /// What was tried, in words ("open a producer").
    public let operation: String
    /// librdkafka's rd_kafka_resp_err_t: negative is the client's own, positive the broker's.
    public let code: Int32
    /// The code's short name ("MSG_SIZE_TOO_LARGE", "_TRANSPORT").
    public let name: String
    /// A sentence from librdkafka or the broker.
    public let text: String
    public let remedy: KafkaRemedy

    /// - Parameter text: librdkafka's own text for the code where nil or empty.
    /// - Parameter isFatal: librdkafka called the client unusable, whatever the code.
    public init(operation: String, code: Int32, text: String? = nil, isFatal: Bool = false) {
        let error = rd_kafka_resp_err_t(rawValue: code)
        self.operation = operation
        self.code = code
        self.name = rd_kafka_err2name(error).map { String(cString: $0) } ?? "\(code)"
        if let text, !text.isEmpty {
            self.text = text
        } else {
            self.text = rd_kafka_err2str(error).map { String(cString: $0) } ?? "unknown error \(code)"
        }
        self.remedy = KafkaRemedy.remedy(forCode: code, isFatal: isFatal)
    }

    /// The group's coordinator is being found, moved, or has still to read what it knows: over within seconds, as a rule.
    public var isCoordinatorAway: Bool {
        [
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        ].contains { $0.rawValue == code }
    }

    init(operation: String, _ error: rd_kafka_resp_err_t, text: String? = nil, isFatal: Bool = false) {
        self.init(operation: operation, code: error.rawValue, text: text, isFatal: isFatal)
    }
}

extension KafkaError: CustomStringConvertible {
    public var description: String { "\(operation): \(text) (\(name))" }
}

/// Calls `body` with room for librdkafka's error text; gives its result and the text that it wrote.
func withErrorText<Result>(_ body: (UnsafeMutablePointer<CChar>, Int) -> Result) -> (Result, String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { room in
        guard let base = room.baseAddress else { preconditionFailure("an allocation of 512 bytes has an address") }
        base.initialize(repeating: 0, count: room.count)
        let result = body(base, room.count)
        return (result, String(cString: base))
    }
}
