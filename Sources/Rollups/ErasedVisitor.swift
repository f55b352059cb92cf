// Whom an erasure is about, and which events, dead letters and links are theirs. `a:…` is an anonymous id, `u:…` a user
// id, anything else may be either: what people know of themselves is one id, and it must find all of it.
import Events
import JSON
import Mongo

public struct ErasedVisitor: Sendable, Hashable {
    /// As it was given.
    public let text: String
    /// Without `a:` or `u:`.
    let id: String
    let isAnonymous: Bool
    let isUser: Bool

    /// nil for an id without any character.
    public init?(_ text: String) {
        self.text = text
        isAnonymous = !text.hasPrefix("u:")
        isUser = !text.hasPrefix("a:")
        id = isAnonymous && isUser ? text : String(text.dropFirst(2))
        if id.isEmpty { return nil }
    }

    /// As events carry it in `visitor`.
    var visitors: [String] { (isAnonymous ? ["a:" + id] : []) + (isUser ? ["u:" + id] : []) }

    /// Events of theirs, received before `before` (ms since 1970). No index serves it: it is a walk over all events.
    public func filter(before: Int64) -> BSONDocument {
        var ids: [BSONValue] = [["visitor": ["$in": .array(visitors.map(BSONValue.string))]]]
        if isUser { ids.append(["userId": .string(id)]) }
        if isAnonymous { ids.append(["anonymousId": .string(id)]) }
        return ["$or": .array(ids), "receivedAt": ["$lt": .date(before)]]
    }

    public func owns(_ event: BSONView) -> Bool {
        for element in event {
            switch element.name {
            case "visitor": if let visitor = element.string, visitors.contains(visitor) { return true }
            case "userId": if isUser, element.string == id { return true }
            case "anonymousId": if isAnonymous, element.string == id { return true }
            default: break
            }
        }
        return false
    }

    /// Whether a dead letter is theirs, by its Kafka key, its fields, or, where it cannot be read, by their id standing
    /// in it in quotes: rather one too many than one left.
    public func ownsLetter(key: [UInt8], value: [UInt8]) -> Bool {
        if visitors.contains(where: { $0.utf8.elementsEqual(key) }) { return true }
        let fields: Bool?? = try? JSONParser.make(capacity: value.count, maxDepth: 1024).parse(copying: value) { tape in
            guard tape.kind(tape.top) == .object else { return nil }
            return (isUser && says(tape, "userId")) || (isAnonymous && says(tape, "anonymousId"))
        }
        if let isTheirs = fields ?? nil { return isTheirs }
        return contains(value, Array(("\"" + id + "\"").utf8))
    }

    /// Whether any member called `name` is their id: one that stands twice may be why the letter is dead.
    private func says(_ tape: JSONTape, _ name: StaticString) -> Bool {
        var isSaid = false
        tape.members(of: tape.top) { key, place in
            guard name.withUTF8Buffer({ $0.elementsEqual(key) }) else { return }
            VisitorKey.writeID(tape, place) { if $0.elementsEqual(id.utf8) { isSaid = true } }
        }
        return isSaid
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }
}
