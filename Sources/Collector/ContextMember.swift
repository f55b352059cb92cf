// An event's `context`: the sender's own, with the client's address and agent where they are missing, `robot` where one
// is told, and without what a person under Global Privacy Control did not want kept.
import JSON

enum ContextMember {
    /// Appends `"context":{…},` made of the sender's object at `place`, which is `member` of `text`. Whether it is a
    /// robot's.
    static func append(
        _ tape: JSONTape, _ place: Int, _ text: UnsafeRawBufferPointer, _ member: RawText.Member, _ origin: Origin,
        to bytes: inout [UInt8]
    ) -> Bool {
        var address: Int?
        var agent: Int?
        tape.members(of: place) { key, value in
            if key.equals("ip"), tape.kind(value) == .string { address = value }
            if key.equals("userAgent"), tape.kind(value) == .string { agent = value }
        }
        let isRobot = agent.map { Robots.isRobot(tape.string($0)) } ?? Robots.isRobot(origin.userAgent)
        begin(&bytes)
        if !origin.isPrivate {
            if let address, origin.anonymizes {
                string("ip", ClientAddress.cut(tape.string(address)), to: &bytes)
            } else if address == nil {
                string("ip", origin.address, to: &bytes)
            }
            if agent == nil, origin.isBrowser { string("userAgent", origin.userAgent, to: &bytes) }
        }
        if isRobot { bytes.append(contentsOf: "\"robot\":true,".utf8) }
        var raw = RawText(UnsafeRawBufferPointer(rebasing: text[member.valueStart..<member.end]))
        _ = raw.take(UInt8(ascii: "{"))
        tape.members(of: place) { key, value in
            guard let inner = raw.member(), keeps(key, tape.kind(value), origin, isRobot) else { return }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw.bytes[inner.start..<inner.end]))
            bytes.append(UInt8(ascii: ","))
        }
        end(&bytes)
        return isRobot
    }

    /// Appends the context of events that have none; nothing where there is nothing to say.
    static func append(_ origin: Origin, to bytes: inout [UInt8]) -> Bool {
        let isRobot = Robots.isRobot(origin.userAgent)
        let start = bytes.count
        begin(&bytes)
        let empty = bytes.count
        if !origin.isPrivate {
            string("ip", origin.address, to: &bytes)
            if origin.isBrowser { string("userAgent", origin.userAgent, to: &bytes) }
        }
        if isRobot { bytes.append(contentsOf: "\"robot\":true,".utf8) }
        if bytes.count == empty { bytes.removeLast(empty - start) } else { end(&bytes) }
        return isRobot
    }

    private static func keeps(
        _ key: UnsafeBufferPointer<UInt8>, _ kind: JSONKind, _ origin: Origin, _ isRobot: Bool
    ) -> Bool {
        if key.equals("ip") { return !origin.isPrivate && !(kind == .string && origin.anonymizes) }
        if key.equals("robot") { return !isRobot }
        guard origin.isPrivate else { return true }
        return !key.equals("userAgent") && !key.equals("userAgentData") && !key.equals("traits")
            && !key.equals("device")
    }

    private static func begin(_ bytes: inout [UInt8]) { bytes.append(contentsOf: "\"context\":{".utf8) }

    private static func end(_ bytes: inout [UInt8]) {
        if bytes.last == UInt8(ascii: ",") { bytes.removeLast() }
        bytes.append(contentsOf: "},".utf8)
    }

    /// `"name":"value",`, or nothing for an empty value, or one that is not UTF-8.
    private static func string(_ name: StaticString, _ value: [UInt8], to bytes: inout [UInt8]) {
        guard !value.isEmpty else { return }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(contentsOf: "\":".utf8)
        JSONWriter.append(value, to: &bytes)
        bytes.append(UInt8(ascii: ","))
    }
}
