// An event as MongoDB keeps it, built straight from the parsed text. The shape is fixed (docs/architecture.md,
// "Documents"): reports and other programs read it.
import Events
import JSON
import Mongo

/// An event on its way into MongoDB, lent by whoever holds its memory.
package struct EventRecord {
    package let key: UnsafeRawBufferPointer
    package let value: UnsafeRawBufferPointer
    /// Where it stands in Kafka; partition -1 and the outbox's sequence number in mode "direct".
    package let partition: Int32
    package let offset: Int64
    /// Kafka's time of the record (ms since 1970), for records that were not clickd's.
    package let timestampMilliseconds: Int64

    package init(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, partition: Int32, offset: Int64,
        timestampMilliseconds: Int64
    ) {
        self.key = key
        self.value = value
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// Why a record can be no document.
package enum RecordFault: Error {
    case event(Rejection)
    case noMessageID
    case tooLarge

    package var code: String {
        switch self {
        case .event(let rejection): rejection.code
        case .noMessageID: "no_message_id"
        case .tooLarge: "too_large"
        }
    }
}

package enum EventDocument {
    /// Appends the document of a parsed event to `writer`, and gives the event's time, ms since 1970.
    @discardableResult
    package static func write(
        _ tape: JSONTape, _ record: EventRecord, to writer: inout BSONWriter
    ) throws(RecordFault) -> Int64 {
        let fields: EventFields
        do throws(Rejection) { fields = try EventFields.read(tape) } catch { throw .event(error) }
        guard fields.messageId != 0 else { throw .noMessageID }
        writer.beginDocument()
        writer.append(utf8: tape.string(fields.messageId), key: "_id")
        writer.append(utf8: bytes(fields.type.name), key: "type")
        if fields.event != 0 {
            let name = tape.string(fields.event)
            writer.append(utf8: name, key: "event")
            appendActivity(Activity.named(name), to: &writer)
        } else {
            appendActivity(nil, to: &writer)
        }
        appendPeople(tape, fields, to: &writer)
        let receivedAt = receivedAt(tape, fields, record)
        let happened = EventTime.happened(
            timestamp: time(tape, fields.timestamp), originalTimestamp: time(tape, fields.originalTimestamp),
            sentAt: time(tape, fields.sentAt), receivedAt: receivedAt)
        writer.append(dateMilliseconds: happened.milliseconds, key: "ts")
        writer.append(dateMilliseconds: receivedAt, key: "receivedAt")
        if fields.host != 0, tape.kind(fields.host) == .string {
            writer.append(utf8: tape.string(fields.host), key: "host")
        }
        if fields.properties != 0 { writer.append(json: tape, at: fields.properties, key: "properties") }
        if fields.context != 0 { writer.append(json: tape, at: fields.context, key: "context") }
        if fields.traits != 0 { writer.append(json: tape, at: fields.traits, key: "traits") }
        if record.partition >= 0 {
            writer.beginObject(key: "kafka")
            writer.append(int32: record.partition, key: "p")
            writer.append(int64: record.offset, key: "o")
            writer.end()
        }
        writer.append(int64: EventHash.of(tape, fields), key: "hash")
        appendExtra(tape, to: &writer)
        do throws(BSONFault) { try writer.endDocument() } catch { throw .tooLarge }
        return happened.milliseconds
    }

    private static func appendActivity(_ activity: Activity?, to writer: inout BSONWriter) {
        if let activity {
            writer.append(utf8: bytes(activity.name), key: "activity")
        } else {
            writer.appendNull(key: "activity")
        }
    }

    private static func appendPeople(_ tape: JSONTape, _ fields: EventFields, to writer: inout BSONWriter) {
        withUnsafeTemporaryAllocation(byteCount: 2 + longest(tape, fields), alignment: 1) { room in
            var count = 0
            let hasVisitor = VisitorKey.write(tape, fields) { part in
                for byte in part where count < room.count {
                    room[count] = byte
                    count += 1
                }
            }
            guard hasVisitor else { return }
            writer.append(
                utf8: UnsafeBufferPointer(rebasing: room.bindMemory(to: UInt8.self)[..<count]), key: "visitor")
        }
        if fields.userId != 0 { VisitorKey.writeID(tape, fields.userId) { writer.append(utf8: $0, key: "userId") } }
        if fields.anonymousId != 0 {
            VisitorKey.writeID(tape, fields.anonymousId) { writer.append(utf8: $0, key: "anonymousId") }
        }
    }

    private static func longest(_ tape: JSONTape, _ fields: EventFields) -> Int {
        let place = fields.anonymousId != 0 ? fields.anonymousId : fields.userId
        guard place != 0 else { return 0 }
        return tape.kind(place) == .string ? tape.string(place).count : 20
    }

    /// What has no field of its own: the times as sent, and whatever else the sender put in.
    private static func appendExtra(_ tape: JSONTape, to writer: inout BSONWriter) {
        let keys = LastKeys(of: tape, at: tape.top)
        var isOpen = false
        var source = 0
        var at = tape.top &+ 1
        while tape.kind(at) != .objectEnd {
            let key = tape.string(at)
            let value = at &+ 1
            if belongsToExtra(key), keys.isLast(at, in: tape) {
                if key.equals("source"), tape.kind(value) == .string {
                    source = value
                } else {
                    if !isOpen { writer.beginObject(key: "extra") }
                    isOpen = true
                    writer.append(json: tape, at: value, key: BSONKey(key))
                }
            }
            at = tape.after(value)
        }
        if isOpen { writer.end() }
        if source != 0 { writer.append(utf8: tape.string(source), key: "source") }
    }

    private static func belongsToExtra(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        switch KnownField(key) {
        case nil, .timestamp, .originalTimestamp, .sentAt: true
        default: false
        }
    }

    private static func time(_ tape: JSONTape, _ place: Int) -> Int64? {
        place == 0 ? nil : EventTime.milliseconds(tape, place)
    }

    private static func receivedAt(_ tape: JSONTape, _ fields: EventFields, _ record: EventRecord) -> Int64 {
        time(tape, fields.receivedAt) ?? record.timestampMilliseconds
    }

    private static func bytes(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
