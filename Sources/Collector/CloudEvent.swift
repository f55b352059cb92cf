// CloudEvents 1.0 (https://github.com/cloudevents/spec): an event in that shape becomes one in Segment's. Data with a
// string `event` is taken for an event of that shape itself; other data is the `properties` of an event named by `type`.
// The messageId is a hash of source and id, since ids are unique only within a source. Pure.
import Events
import JSON

package struct CloudEvent {
    /// Attributes as JSON values, by name, in order.
    private(set) var attributes: [(name: [UInt8], value: [UInt8])] = []
    /// `data` as JSON; nil: none.
    private(set) var data: [UInt8]?

    /// The object at the tape's top, which `text` holds.
    init(_ text: UnsafeRawBufferPointer, _ tape: JSONTape) throws(EventFault) {
        guard tape.kind(tape.top) == .object else { throw .notObject }
        var raw = RawText(text)
        _ = raw.take(UInt8(ascii: "{"))
        tape.members(of: tape.top) { key, value in
            guard let member = raw.member(), tape.kind(value) != .null else { return }
            let bytes = Array(text[member.valueStart..<member.end])
            if key.equals("data") {
                data = bytes
            } else if key.equals("data_base64") {
                data = Array("{\"data_base64\":".utf8) + bytes + [UInt8(ascii: "}")]
            } else if tape.kind(value) == .string {
                attributes.append((Array(key), CloudEvent.quoted(tape.string(value))))
            } else {
                attributes.append((Array(key), bytes))
            }
        }
    }

    /// Of headers `ce-*`, whose values are percent-encoded, and a body.
    package init(headers: [(name: [UInt8], value: [UInt8])], contentType: String, body: UnsafeRawBufferPointer) {
        for header in headers {
            attributes.append((header.name, CloudEvent.quoted(CloudEvent.unescaped(header.value))))
        }
        guard body.count > 0 else { return }
        let type = contentType.prefix { $0 != ";" }.lowercased()
        if type.isEmpty || type == "application/json" || type.hasSuffix("+json") {
            data = Array(body)
        } else {
            var text: [UInt8] = Array("{\"data\":".utf8)
            JSONWriter.append(String(decoding: body, as: UTF8.self).utf8, to: &text)
            data = text + [UInt8(ascii: "}")]
        }
    }

    /// A string's JSON text, one way for each string: the id must not depend on how a sender escapes.
    private static func quoted(_ text: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(text, to: &bytes)
        return bytes
    }

    /// The JSON text of an attribute that is a string which is not empty.
    private func string(_ name: StaticString) -> [UInt8]? {
        let value = attributes.first { $0.name.withUnsafeBufferPointer { $0.equals(name) } }?.value
        guard let value, value.first == UInt8(ascii: "\""), value.count > 2 else { return nil }
        return value
    }

    /// The event in Segment's shape. `parse` reads the data.
    func event(_ lines: borrowing EventLines) throws(EventFault) -> [UInt8] {
        guard string("specversion") == Array("\"1.0\"".utf8) else {
            throw EventFault("bad_cloudevent", "specversion must be \"1.0\"")
        }
        guard let id = string("id"), let source = string("source"), let type = string("type") else {
            throw EventFault("bad_cloudevent", "id, source and type must be strings that are not empty")
        }
        var event = Array("{\"messageId\":\"ce-".utf8) + SHA256.hex(source + [0x0A] + id)
        event.append(contentsOf: "\",".utf8)
        func member(_ name: StaticString, _ value: [UInt8]?) {
            guard let value else { return }
            event.append(UInt8(ascii: "\""))
            event.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            event.append(contentsOf: "\":".utf8)
            event.append(contentsOf: value)
            event.append(UInt8(ascii: ","))
        }
        var isEvent = false
        var hasTime = false
        var isObject = false
        if let data {
            try lines.withPadding(data) { text, tape throws(EventFault) in
                isObject = tape.kind(tape.top) == .object
                guard isObject else { return }
                isEvent = tape.member("event", of: tape.top).map { tape.kind($0) == .string } ?? false
                hasTime = tape.member("timestamp", of: tape.top) != nil
                guard isEvent else { return }
                var raw = RawText(text)
                _ = raw.take(UInt8(ascii: "{"))
                tape.members(of: tape.top) { key, _ in
                    guard let own = raw.member(), !key.equals("messageId"), !key.equals("cloudEvent") else { return }
                    event.append(contentsOf: text[own.start..<own.end])
                    event.append(UInt8(ascii: ","))
                }
            }
        }
        if !isEvent {
            member("event", type)
            member("userId", string("userid"))
            member("anonymousId", string("anonymousid"))
            if let data {
                member("properties", isObject ? data : Array("{\"data\":".utf8) + data + [UInt8(ascii: "}")])
            }
        }
        if !isEvent || !hasTime { member("timestamp", string("time")) }
        event.append(contentsOf: "\"cloudEvent\":{".utf8)
        for (index, attribute) in attributes.enumerated() {
            if index > 0 { event.append(UInt8(ascii: ",")) }
            JSONWriter.append(attribute.name, to: &event)
            event.append(UInt8(ascii: ":"))
            event.append(contentsOf: attribute.value)
        }
        event.append(contentsOf: "}}".utf8)
        return event
    }

    /// Percent-encoded UTF-8, as header values of the HTTP binding are.
    private static func unescaped(_ value: [UInt8]) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) } }
        var bytes: [UInt8] = []
        var at = 0
        while at < value.count {
            if value[at] == UInt8(ascii: "%"), at + 2 < value.count, let high = digit(value[at + 1]),
                let low = digit(value[at + 2])
            {
                bytes.append(high << 4 | low)
                at += 3
            } else {
                bytes.append(value[at])
                at += 1
            }
        }
        return bytes
    }
}

extension EventLines {
    /// Reads one event in CloudEvents' JSON format.
    package mutating func readCloudEvent(_ body: UnsafeRawBufferPointer, _ origin: Origin) throws(EventFault) {
        begin(expecting: 2 * body.count)
        try append(cloudEvent: try CloudEvent(body, try parse(body)), origin)
    }

    /// Reads one event whose attributes are headers.
    package mutating func readCloudEvent(_ event: CloudEvent, bodyBytes: Int, _ origin: Origin) throws(EventFault) {
        begin(expecting: 2 * bodyBytes)
        try append(cloudEvent: event, origin)
    }

    private mutating func append(cloudEvent: CloudEvent, _ origin: Origin) throws(EventFault) {
        try append(translated: try cloudEvent.event(self), origin)
        if let refused = submission.refused.first { throw refused.fault }
    }

    private mutating func append(translated event: [UInt8], _ origin: Origin) throws(EventFault) {
        let padded = event + [UInt8](repeating: 0x20, count: JSONParser.padding)
        padded.withUnsafeBytes { bytes in
            append(
                UnsafeRawBufferPointer(rebasing: bytes[..<event.count]), type: nil, origin: origin,
                shared: EventLines.shared(origin))
        }
    }

    /// Reads a batch in CloudEvents' JSON batch format: an array.
    package mutating func readCloudBatch(_ body: UnsafeRawBufferPointer, _ origin: Origin) throws(EventFault) {
        begin(expecting: 2 * body.count, isBatch: true)
        elements.removeAll(keepingCapacity: true)
        var all = RawText(body)
        guard all.takeElements(&elements), all.isAtEnd else { throw .notJSON }
        for index in elements.indices {
            let text = UnsafeRawBufferPointer(rebasing: body[elements[index]])
            let count = submission.received
            do throws(EventFault) {
                try append(translated: try CloudEvent(text, try parse(text)).event(self), origin)
            } catch {
                if submission.received == count { submission.received += 1 }
                submission.refused.append(Submission.Refused(index: count, messageId: [], fault: error))
            }
        }
    }
}
