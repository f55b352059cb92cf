// When a stored event was received, out of its bytes.
import Events
import JSON

enum ReceivedAt {
    /// ms since 1970; nil for bytes that do not say.
    static func read(_ event: [UInt8]) -> Int64? {
        let found: Int64?? = try? JSONParser.make(capacity: event.count, maxDepth: 1024).parse(copying: event) { tape in
            guard tape.kind(tape.top) == .object, let place = tape.member("receivedAt", of: tape.top) else {
                return nil
            }
            return EventTime.milliseconds(tape, place)
        }
        return found ?? nil
    }
}
