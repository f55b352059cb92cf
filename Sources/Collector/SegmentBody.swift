// The bodies of Segment's HTTP API: one event, or a batch. A batch is cut into its events, each parsed by itself, so that
// a bad one is refused alone; what stands around them must be JSON.
import Events
import JSON

/// What a path of the API asks for.
public enum SegmentPath: Sendable, Equatable {
    case batch
    /// The event's type.
    case event(EventType)

    /// Of `/v1/track` or `/v1/t`: nil for every other path.
    public init?(_ path: String) {
        guard path.hasPrefix("/v1/") else { return nil }
        switch path.dropFirst(4) {
        case "batch", "b": self = .batch
        case "track", "t": self = .event(.track)
        case "page", "p": self = .event(.page)
        case "screen", "s": self = .event(.screen)
        case "identify", "i": self = .event(.identify)
        case "group", "g": self = .event(.group)
        case "alias", "a": self = .event(.alias)
        default: return nil
        }
    }
}

/// Finds the `source` member for a key in the body (nil: the body has none), or says that the key is not known.
package typealias KeyCheck = (_ bodyKey: UnsafeBufferPointer<UInt8>?) throws(EventFault) -> [UInt8]

extension EventLines {
    /// Reads the body of one event.
    package mutating func readEvent(
        _ body: UnsafeRawBufferPointer, _ type: EventType, _ origin: consuming Origin, key: KeyCheck
    ) throws(EventFault) {
        begin(expecting: body.count)
        guard body.count <= EventLines.maxEventBytes else { throw .tooLarge }
        let tape = try parse(body)
        guard tape.kind(tape.top) == .object else { throw .notObject }
        origin.sourceMember = try key(EventLines.writeKey(tape))
        append(body, type: type.name, origin: origin, shared: EventLines.shared(origin))
        if let refused = submission.refused.first { throw refused.fault }
    }

    /// Reads the body of a batch.
    package mutating func readBatch(
        _ body: UnsafeRawBufferPointer, _ origin: consuming Origin, key: KeyCheck
    ) throws(EventFault) {
        begin(expecting: body.count, isBatch: true)
        let array = try findBatch(in: body)
        // The text around the events, with an empty array in their place.
        let around = Array(body[..<array.lowerBound]) + Array("[]".utf8) + Array(body[array.upperBound...])
        var shared = EventLines.shared(origin)
        try withPadding(around) { text, tape throws(EventFault) in
            guard tape.kind(tape.top) == .object else { throw .notObject }
            origin.sourceMember = try key(EventLines.writeKey(tape))
            shared = EventLines.shared(text, tape, origin)
        }
        for index in elements.indices {
            append(UnsafeRawBufferPointer(rebasing: body[elements[index]]), type: nil, origin: origin, shared: shared)
        }
    }

    /// Parses a copy of `text` and hands on both.
    func withPadding(
        _ text: [UInt8], _ body: (UnsafeRawBufferPointer, JSONTape) throws(EventFault) -> Void
    ) throws(EventFault) {
        let padded = text + [UInt8](repeating: 0x20, count: JSONParser.padding)
        var fault: EventFault?
        padded.withUnsafeBytes { bytes in
            let text = UnsafeRawBufferPointer(rebasing: bytes[..<text.count])
            do throws(EventFault) { try body(text, try parse(text)) } catch { fault = error }
        }
        if let fault { throw fault }
    }

    /// Where the one array `batch` of the object lies; its events go into `elements`.
    private mutating func findBatch(in body: UnsafeRawBufferPointer) throws(EventFault) -> Range<Int> {
        elements.removeAll(keepingCapacity: true)
        var text = RawText(body)
        guard text.take(UInt8(ascii: "{")) else { throw text.isAtEnd ? .notJSON : .badBatch }
        var found: Range<Int>?
        while let key = text.key() {
            let start = text.at
            guard UnsafeRawBufferPointer(rebasing: body[key]).elementsEqual("\"batch\"".utf8) else {
                guard text.skipValue() else { throw .notJSON }
                continue
            }
            guard found == nil, start < body.count, body[start] == UInt8(ascii: "[") else { throw .badBatch }
            guard text.takeElements(&elements) else { throw .notJSON }
            found = start..<text.at
        }
        guard text.take(UInt8(ascii: "}")), text.isAtEnd else { throw .notJSON }
        guard let found else { throw .badBatch }
        return found
    }

    private static func writeKey(_ tape: JSONTape) -> UnsafeBufferPointer<UInt8>? {
        tape.member("writeKey", of: tape.top).flatMap { tape.kind($0) == .string ? tape.string($0) : nil }
    }

    /// What events get where there is no batch around them.
    static func shared(_ origin: borrowing Origin) -> Shared {
        var shared = Shared()
        shared.isRobot = ContextMember.append(origin, to: &shared.context)
        return shared
    }

    /// What the text around a batch says for its events. A `sentAt` that is no time is left out: it would have every event
    /// refused.
    private static func shared(
        _ text: UnsafeRawBufferPointer, _ tape: JSONTape, _ origin: borrowing Origin
    ) -> Shared {
        var shared = shared(origin)
        var raw = RawText(text)
        _ = raw.take(UInt8(ascii: "{"))
        tape.members(of: tape.top) { key, value in
            guard let member = raw.member() else { return }
            if key.equals("sentAt"), EventTime.milliseconds(tape, value) != nil {
                shared.sentAt =
                    Array("\"sentAt\":".utf8) + Array(text[member.valueStart..<member.end]) + [UInt8(ascii: ",")]
            } else if key.equals("context"), tape.kind(value) == .object {
                shared.context = []
                shared.isRobot = ContextMember.append(tape, value, text, member, origin, to: &shared.context)
            }
        }
        return shared
    }
}
