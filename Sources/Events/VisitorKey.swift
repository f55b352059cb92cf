// Who an event belongs to: `a:` and the anonymous id, else `u:` and the user id. It is the Kafka key, so that one
// visitor's events keep their order.
import JSON

public enum VisitorKey {
    /// Appends the visitor's key with `append`; false for an event without one.
    @inlinable
    public static func write(
        _ tape: JSONTape, _ fields: EventFields, _ append: (UnsafeBufferPointer<UInt8>) -> Void
    ) -> Bool {
        if fields.anonymousId != 0 {
            append(literal("a:"))
            writeID(tape, fields.anonymousId, append)
            return true
        }
        if fields.userId != 0 {
            append(literal("u:"))
            writeID(tape, fields.userId, append)
            return true
        }
        return false
    }

    /// An id as text: the string, or the number's digits.
    @inlinable
    public static func writeID(_ tape: JSONTape, _ place: Int, _ append: (UnsafeBufferPointer<UInt8>) -> Void) {
        switch tape.kind(place) {
        case .string: append(tape.string(place))
        case .integer: Array(String(tape.integer(place)).utf8).withUnsafeBufferPointer(append)
        case .unsigned: Array(String(tape.unsigned(place)).utf8).withUnsafeBufferPointer(append)
        default: break
        }
    }

    @usableFromInline static func literal(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
