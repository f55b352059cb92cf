// Whether a document holds what its event's text says, value by value. For tests and fuzzing.
import JSON
import Mongo

package enum Agreement {
    /// Compares the document with the text's members, each where it belongs; a sentence where they differ.
    package static func disagreement(_ tape: JSONTape, _ top: Int, _ view: BSONView) -> String? {
        var last: [[UInt8]: Int] = [:]
        tape.members(of: top) { last[Array($0)] = $1 }
        for (key, place) in last {
            let name = String(decoding: key, as: UTF8.self)
            switch name {
            case "messageId", "event", "type", "receivedAt", "host", "anonymousId", "userId": continue
            case "properties", "context", "traits":
                guard tape.kind(place) != .null else { continue }
                guard let element = view[name], same(tape, place, element) else { return "\(name) differs" }
            default:
                if name == "source", tape.kind(place) == .string {
                    guard let element = view["source"], same(tape, place, element) else { return "source differs" }
                    continue
                }
                let found = view.document("extra")?.first { $0.key.elementsEqual(key) }
                guard let found, same(tape, place, found) else { return "extra.\(name) differs" }
            }
        }
        return nil
    }

    private static func same(_ tape: JSONTape, _ place: Int, _ element: BSONElement) -> Bool {
        switch tape.kind(place) {
        case .string: return element.utf8.map { $0.elementsEqual(tape.string(place)) } ?? false
        case .integer:
            let fits = Int32(exactly: tape.integer(place)) != nil
            return element.rawType == (fits ? 0x10 : 0x12) && element.integer == tape.integer(place)
        case .unsigned: return element.rawType == 0x01 && element.double == Double(tape.unsigned(place))
        case .double: return element.rawType == 0x01 && element.double?.bitPattern == tape.double(place).bitPattern
        case .true: return element.bool == true
        case .false: return element.bool == false
        case .null: return element.isNull
        case .array:
            guard element.isArray, let inner = element.document.map({ Array($0) }) else { return false }
            var index = 0
            var isSame = true
            tape.elements(of: place) { at in
                isSame =
                    isSame && index < inner.count && inner[index].name == "\(index)" && same(tape, at, inner[index])
                index += 1
            }
            return isSame && index == inner.count
        case .object:
            guard !element.isArray, let inner = element.document else { return false }
            var last: [[UInt8]: Int] = [:]
            tape.members(of: place) { last[Array($0)] = $1 }
            var seen = 0
            for member in inner {
                guard let at = last[Array(member.key)], same(tape, at, member) else { return false }
                seen += 1
            }
            return seen == last.count
        default: return false
        }
    }
}
