// The one table from librdkafka's codes to what can be done. What is not listed is tried again: an event is never set
// aside, and a client never given up, for a reason that may pass (authorization, policy, timeouts, missing topic,
// too few replicas). INVALID_MSG is not in the table: brokers mean a checksum by it, which damage on the way
// can break; what they have against content comes as INVALID_RECORD.
import CRdKafka

public enum KafkaRemedy: Sendable, Equatable {
    /// The same again, later.
    case retry
    /// The request was judged, not each event in it: alone in a request it may be set aside, in company it is resent alone.
    case setAsideIfAlone
    /// This client is done for: close it, open another, resend from the lowest unreported.
    case startAnew
    /// Configuration that can never work.
    case giveUp

    /// - Parameter isFatal: librdkafka called the client unusable, whatever the code.
    public static func remedy(forCode code: Int32, isFatal: Bool = false) -> KafkaRemedy {
        if isFatal { return .startAnew }
        switch rd_kafka_resp_err_t(rawValue: code) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD:
            return .setAsideIfAlone
        case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
            RD_KAFKA_RESP_ERR__INCONSISTENT, RD_KAFKA_RESP_ERR__DESTROY, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER,
            RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
            RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            return .startAnew
        case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, RD_KAFKA_RESP_ERR__NOT_CONFIGURED,
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR__UNKNOWN_PROTOCOL,
            RD_KAFKA_RESP_ERR__CONFLICT, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
            RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, RD_KAFKA_RESP_ERR_INVALID_GROUP_ID,
            RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
            RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
            RD_KAFKA_RESP_ERR_INVALID_CONFIG, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
            return .giveUp
        default:
            return .retry
        }
    }
}
