// The fields of an event that clickd reads, as places on the parsed tape. Intake and the MongoDB writer both read
// events here, so what one takes the other can store. No allocation; valid until the parser's next text.
import JSON

public enum EventType: UInt8, Sendable, CaseIterable {
    case track, page, screen, identify, group, alias

    public var name: StaticString {
        switch self {
        case .track: "track"
        case .page: "page"
        case .screen: "screen"
        case .identify: "identify"
        case .group: "group"
        case .alias: "alias"
        }
    }
}

public struct EventFields {
    public static let maxDepth = 64
    public static let maxMessageIDBytes = 128
    public static let maxEventNameCharacters = 200

    public internal(set) var type = EventType.track
    /// Places on the tape; 0 where the field is missing, null, or (for ids of people) empty.
    public internal(set) var event = 0
    public internal(set) var messageId = 0
    public internal(set) var anonymousId = 0
    public internal(set) var userId = 0
    public internal(set) var timestamp = 0
    public internal(set) var originalTimestamp = 0
    public internal(set) var sentAt = 0
    public internal(set) var properties = 0
    public internal(set) var context = 0
    public internal(set) var traits = 0
    public internal(set) var receivedAt = 0
    public internal(set) var host = 0

    /// Reads and checks a parsed text: the known fields' types, and every key at any depth.
    public static func read(_ tape: JSONTape) throws(Rejection) -> EventFields {
        guard tape.kind(tape.top) == .object else { throw .notObject }
        var fields = EventFields()
        var hasType = false
        var at = tape.top &+ 1
        while tape.kind(at) != .objectEnd {
            let key = tape.string(at)
            let value = at &+ 1
            try checkKey(key)
            switch KnownField(key) {
            case .event: try take(&fields.event, value)
            case .messageId: try take(&fields.messageId, value)
            case .anonymousId: try take(&fields.anonymousId, value)
            case .userId: try take(&fields.userId, value)
            case .timestamp: try take(&fields.timestamp, value)
            case .originalTimestamp: try take(&fields.originalTimestamp, value)
            case .sentAt: try take(&fields.sentAt, value)
            case .properties: try take(&fields.properties, value)
            case .context: try take(&fields.context, value)
            case .traits: try take(&fields.traits, value)
            case .receivedAt: fields.receivedAt = value
            case .host: fields.host = value
            case .type:
                guard !hasType else { throw .badField }
                hasType = true
                if tape.kind(value) != .null { fields.type = try EventFields.type(tape, value) }
            case nil: break
            }
            try checkKeys(tape, value)
            at = tape.after(value)
        }
        try fields.checkTypes(tape)
        return fields
    }

    @inline(__always)
    private static func take(_ field: inout Int, _ place: Int) throws(Rejection) {
        guard field == 0 else { throw .badField }
        field = place
    }

    private static func type(_ tape: JSONTape, _ place: Int) throws(Rejection) -> EventType {
        guard tape.kind(place) == .string else { throw .badField }
        let name = tape.string(place)
        for type in EventType.allCases where name.equals(type.name) { return type }
        throw .badField
    }

    /// MongoDB cannot store an empty key or one with NUL.
    @inline(__always)
    private static func checkKey(_ key: UnsafeBufferPointer<UInt8>) throws(Rejection) {
        guard key.count > 0 else { throw .badField }
        for byte in key where byte == 0 { throw .badField }
    }

    private static func checkKeys(_ tape: JSONTape, _ place: Int) throws(Rejection) {
        switch tape.kind(place) {
        case .object:
            var at = place &+ 1
            while tape.kind(at) != .objectEnd {
                try checkKey(tape.string(at))
                try checkKeys(tape, at &+ 1)
                at = tape.after(at &+ 1)
            }
        case .array:
            var at = place &+ 1
            while tape.kind(at) != .arrayEnd {
                try checkKeys(tape, at)
                at = tape.after(at)
            }
        default: break
        }
    }

    private mutating func checkTypes(_ tape: JSONTape) throws(Rejection) {
        if messageId != 0 {
            guard tape.kind(messageId) == .string else { throw .badField }
            let count = tape.string(messageId).count
            guard count >= 1, count <= EventFields.maxMessageIDBytes else { throw .badField }
        }
        try EventFields.dropNull(tape, &event)
        if event != 0 {
            guard tape.kind(event) == .string else { throw .badField }
            let name = tape.string(event)
            guard name.count > 0, name.lazy.filter({ $0 & 0xC0 != 0x80 }).count <= EventFields.maxEventNameCharacters
            else { throw .badField }
        } else if type == .track {
            throw .badField
        }
        try EventFields.checkPerson(tape, &anonymousId)
        try EventFields.checkPerson(tape, &userId)
        try EventFields.checkTime(tape, &timestamp)
        try EventFields.checkTime(tape, &originalTimestamp)
        try EventFields.checkTime(tape, &sentAt)
        try EventFields.checkObject(tape, &properties)
        try EventFields.checkObject(tape, &context)
        try EventFields.checkObject(tape, &traits)
    }

    @inline(__always)
    private static func dropNull(_ tape: JSONTape, _ place: inout Int) throws(Rejection) {
        if place != 0, tape.kind(place) == .null { place = 0 }
    }

    /// An id of a person is a string or a whole number; null and "" are missing.
    @inline(__always)
    private static func checkPerson(_ tape: JSONTape, _ place: inout Int) throws(Rejection) {
        guard place != 0 else { return }
        switch tape.kind(place) {
        case .string: if tape.string(place).count == 0 { place = 0 }
        case .integer, .unsigned: break
        case .null: place = 0
        default: throw .badField
        }
    }

    @inline(__always)
    private static func checkTime(_ tape: JSONTape, _ place: inout Int) throws(Rejection) {
        try dropNull(tape, &place)
        if place != 0, EventTime.milliseconds(tape, place) == nil { throw .badField }
    }

    @inline(__always)
    private static func checkObject(_ tape: JSONTape, _ place: inout Int) throws(Rejection) {
        try dropNull(tape, &place)
        if place != 0, tape.kind(place) != .object { throw .badField }
    }
}
