// The top-level keys clickd gives a meaning. Told apart by length first, since most keys of an event are known ones.
import JSON

public enum KnownField: Sendable {
    case event, type, messageId, anonymousId, userId, timestamp, originalTimestamp, sentAt
    case properties, context, traits, receivedAt, host

    @inlinable
    public init?(_ key: UnsafeBufferPointer<UInt8>) {
        switch key.count {
        case 4:
            if key.equals("type") { self = .type } else if key.equals("host") { self = .host } else { return nil }
        case 5: if key.equals("event") { self = .event } else { return nil }
        case 6:
            if key.equals("userId") {
                self = .userId
            } else if key.equals("sentAt") {
                self = .sentAt
            } else if key.equals("traits") {
                self = .traits
            } else {
                return nil
            }
        case 7: if key.equals("context") { self = .context } else { return nil }
        case 9:
            if key.equals("messageId") {
                self = .messageId
            } else if key.equals("timestamp") {
                self = .timestamp
            } else {
                return nil
            }
        case 10:
            if key.equals("properties") {
                self = .properties
            } else if key.equals("receivedAt") {
                self = .receivedAt
            } else {
                return nil
            }
        case 11: if key.equals("anonymousId") { self = .anonymousId } else { return nil }
        case 17: if key.equals("originalTimestamp") { self = .originalTimestamp } else { return nil }
        default: return nil
        }
    }
}
