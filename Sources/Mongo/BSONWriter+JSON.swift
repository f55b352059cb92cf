// A parsed JSON text as BSON. Integers are int32 where they fit, else int64, above 2^63 double; of a key that an object
// has twice the last value stays. Keys are written as they are, `$` and `.` too; an empty key is an empty key (sound
// BSON, which MongoDB stores); NUL in a key becomes `?`. Both are refused at intake, so neither should come here.
import JSON

extension BSONWriter {
    /// Appends the JSON value at `place`, whatever it is. Deeper than `maxDepth` is the fault `tooDeep`.
    @inlinable public mutating func append(json tape: JSONTape, at place: Int, key: BSONKey) {
        switch tape.kind(place) {
        case .string: append(utf8: tape.string(place), key: key)
        case .integer: append(integer: tape.integer(place), key: key)
        case .unsigned: append(double: Double(tape.unsigned(place)), key: key)
        case .double: append(double: tape.double(place), key: key)
        case .true: append(bool: true, key: key)
        case .false: append(bool: false, key: key)
        case .object: append(jsonObject: tape, at: place, key: key)
        case .array: append(jsonArray: tape, at: place, key: key)
        default: appendNull(key: key)
        }
    }

    /// Appends the members of the JSON object at `place` to the open document itself; anything else adds nothing.
    /// A key that the document has already is not looked for.
    public mutating func append(membersOfJSON tape: JSONTape, at place: Int) {
        guard tape.kind(place) == .object else { return }
        let keys = LastKeys(of: tape, at: place)
        var at = place &+ 1
        while tape.kind(at) != .objectEnd {
            if keys.isLast(at, in: tape) { append(json: tape, at: at &+ 1, key: BSONKey(tape.string(at))) }
            at = tape.after(at &+ 1)
        }
    }

    @usableFromInline mutating func append(jsonObject tape: JSONTape, at place: Int, key: BSONKey) {
        beginObject(key: key)
        // After a fault nothing is written, and deeper levels need not be walked: this bounds the recursion.
        guard fault == nil else { return }
        append(membersOfJSON: tape, at: place)
        end()
    }

    @usableFromInline mutating func append(jsonArray tape: JSONTape, at place: Int, key: BSONKey) {
        beginArray(key: key)
        guard fault == nil else { return }
        var at = place &+ 1
        var index = 0
        while tape.kind(at) != .arrayEnd {
            append(json: tape, at: at, key: .index(index))
            at = tape.after(at)
            index &+= 1
        }
        end()
    }
}
