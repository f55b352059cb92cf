// 64 bits over what an event says, kept in its document: tells a repeat (same id, same hash) from another event under
// the same id. Over the parsed values, so that white space does not matter. Not for secrets; its result is stored, so
// it never changes.
import Events
import JSON

package struct EventHash {
    private(set) var value: UInt64 = 0x6A09_E667_F3BC_C908

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 29
    }

    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        add(UInt64(bytes.count))
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return }
        var at = 0
        while at + 8 <= bytes.count {
            add(UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            at += 8
        }
        var rest: UInt64 = 0
        while at < bytes.count {
            rest = rest << 8 | UInt64(bytes[at])
            at += 1
        }
        add(rest)
    }

    /// The value at `place` with all that is in it; 0 is a missing field.
    mutating func add(_ tape: JSONTape, _ place: Int) {
        guard place != 0 else { return add(0) }
        let end = tape.after(place)
        var at = place
        while at < end {
            let kind = tape.kind(at)
            add(UInt64(kind.rawValue))
            switch kind {
            case .string: add(tape.string(at))
            case .integer, .unsigned, .double: add(tape.unsigned(at))
            default: break
            }
            at += kind == .integer || kind == .unsigned || kind == .double ? 2 : 1
        }
    }

    package static func of(_ tape: JSONTape, _ fields: EventFields) -> Int64 {
        var hash = EventHash()
        hash.add(UInt64(fields.type.rawValue))
        hash.add(tape, fields.event)
        // The visitors a:x and u:x are two.
        hash.add(fields.anonymousId != 0 ? 1 : 2)
        hash.add(tape, fields.anonymousId != 0 ? fields.anonymousId : fields.userId)
        hash.add(tape, fields.timestamp)
        hash.add(tape, fields.properties)
        hash.add(tape, fields.traits)
        return Int64(bitPattern: hash.value)
    }
}
