// From the events of one request to lines for clickd: each is parsed, gets what it lacks (messageId, source, sentAt,
// context), loses what is not its sender's to say, and becomes exactly one line. What clickd itself judges (types, names,
// sizes it is configured for) is left to it. Belongs to one thread at a time; no allocation an event.
import Events
import JSON
import Linux

/// What is to be sent of one request, and what was refused before sending.
public struct Submission: Sendable {
    public struct Refused: Sendable, Equatable {
        /// The event's place in its batch, from 0.
        public let index: Int
        /// Empty where the event brought none, or could not be read.
        public let messageId: [UInt8]
        public let fault: EventFault
    }

    /// Events that came.
    public internal(set) var received = 0
    /// Whole lines, each with its LF.
    public internal(set) var lines: [UInt8] = []
    /// The batch's places of the events in `lines`.
    public internal(set) var indices: [Int] = []
    public internal(set) var refused: [Refused] = []
    /// Whether a bad event is one of many, and no reason to refuse the request.
    public internal(set) var isBatch = false

    public init() {}
}

package struct EventLines: ~Copyable {
    static let maxEventBytes = 32 << 10

    /// What a batch says for all its events.
    struct Shared {
        /// `"sentAt":…,`, or nothing.
        var sentAt: [UInt8] = []
        /// `"context":{…},`, or nothing.
        var context: [UInt8] = []
        var isRobot = false
    }

    private let parser: JSONParser
    /// Ids of events that bring none: 128 random bits drawn once, and a counter.
    private let idFront: [UInt8]
    private var nextID: UInt64 = 0
    private var members: [RawText.Member] = []
    /// Where the events of the batch being read lie.
    var elements: [Range<Int>] = []
    package internal(set) var submission = Submission()

    package init() throws {
        self.init(try JSONParser.make(capacity: 1 << 20, maxDepth: EventFields.maxDepth + 2))
    }

    /// Cannot fail: Swift 6.0 miscompiles a throw among initial values.
    private init(_ parser: consuming JSONParser) {
        self.parser = parser
        idFront = Array("\"messageId\":\"\(Files.randomHex(bytes: 16))-".utf8)
    }

    mutating func begin(expecting bytes: Int, isBatch: Bool = false) {
        submission = Submission()
        submission.isBatch = isBatch
        submission.lines.reserveCapacity(bytes + bytes / 2 + 512)
    }

    /// Parses a text behind which padding is readable; the tape is valid until the next.
    func parse(_ text: UnsafeRawBufferPointer) throws(EventFault) -> JSONTape {
        do throws(JSONFault) { return try parser.parse(text) } catch {
            let rejection = Rejection(error)
            throw rejection == .notJSON ? .notJSON : EventFault(rejection.code, rejection.text)
        }
    }

    /// Appends the event in `text` as a line, or notes why not. `type`: the one its path says, else its own.
    mutating func append(
        _ text: UnsafeRawBufferPointer, type: StaticString?, origin: Origin, shared: borrowing Shared
    ) {
        let index = submission.received
        submission.received += 1
        do throws(EventFault) {
            guard text.count <= EventLines.maxEventBytes else { throw .tooLarge }
            let tape = try parse(text)
            guard tape.kind(tape.top) == .object else { throw .notObject }
            write(text, tape, type, origin, shared)
            submission.indices.append(index)
        } catch {
            submission.refused.append(Submission.Refused(index: index, messageId: [], fault: error))
        }
    }

    private mutating func write(
        _ text: UnsafeRawBufferPointer, _ tape: JSONTape, _ type: StaticString?, _ origin: Origin,
        _ shared: borrowing Shared
    ) {
        var raw = RawText(text)
        _ = raw.take(UInt8(ascii: "{"))
        members.removeAll(keepingCapacity: true)
        var hasID = false
        var hasSentAt = false
        var context: (place: Int, member: RawText.Member)?
        tape.members(of: tape.top) { key, value in
            guard let member = raw.member() else { return }
            members.append(member)
            switch KnownField(key) {
            case .messageId: hasID = true
            case .sentAt: hasSentAt = tape.kind(value) != .null
            case .context: if tape.kind(value) == .object { context = (value, member) }
            default: break
            }
        }
        let start = submission.lines.count
        submission.lines.append(UInt8(ascii: "{"))
        if !hasID { appendID() }
        if let type {
            append("\"type\":\"")
            append(type)
            append("\",")
        }
        if !hasSentAt { submission.lines.append(contentsOf: shared.sentAt) }
        submission.lines.append(contentsOf: origin.sourceMember)
        var isRobot = shared.isRobot
        if let context {
            isRobot = ContextMember.append(
                tape, context.place, text, context.member, origin, to: &submission.lines)
        } else {
            submission.lines.append(contentsOf: shared.context)
        }
        var index = 0
        tape.members(of: tape.top) { key, value in
            defer { index &+= 1 }
            guard index < members.count else { return }
            let member = members[index]
            guard EventLines.keeps(key, tape.kind(value), hasType: type != nil, isRobot, origin.isPrivate) else {
                return
            }
            submission.lines.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[member.start..<member.end]))
            submission.lines.append(UInt8(ascii: ","))
        }
        if submission.lines.last == UInt8(ascii: ",") { submission.lines.removeLast() }
        submission.lines.append(UInt8(ascii: "}"))
        EventLines.joinLines(&submission.lines, from: start)
        submission.lines.append(0x0A)
    }

    /// Whether a member goes to clickd as it is. Robots are nobody; people under Global Privacy Control are left out.
    private static func keeps(
        _ key: UnsafeBufferPointer<UInt8>, _ kind: JSONKind, hasType: Bool, _ isRobot: Bool, _ isPrivate: Bool
    ) -> Bool {
        switch KnownField(key) {
        case .receivedAt, .host: return false
        case .type: return !hasType
        case .context: return kind != .object && kind != .null
        case .sentAt: return kind != .null
        case .anonymousId, .userId: return !isRobot && !isPrivate
        case .traits: return !isPrivate
        case nil:
            if key.equals("source") || key.equals("writeKey") { return false }
            if key.equals("previousId") { return !isRobot && !isPrivate }
            return !(isPrivate && key.equals("groupId"))
        default: return true
        }
    }

    /// Line breaks between tokens become spaces; inside strings valid JSON has none.
    private static func joinLines(_ bytes: inout [UInt8], from start: Int) {
        bytes.withUnsafeMutableBytes { all in
            guard let base = all.baseAddress else { return }
            for lineBreak: Int32 in [0x0A, 0x0D] {
                var at = start
                while at < all.count, let found = memchr(base + at, lineBreak, all.count - at) {
                    at = base.distance(to: found)
                    all[at] = 0x20
                }
            }
        }
    }

    private mutating func appendID() {
        submission.lines.append(contentsOf: idFront)
        submission.lines.append(contentsOf: String(nextID).utf8)
        nextID &+= 1
        append("\",")
    }

    private mutating func append(_ text: StaticString) {
        submission.lines.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
