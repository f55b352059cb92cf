// From a sender's line to a packed event: parse and check once, find the visitor, put clickd's fields in front of the
// sender's own bytes. The hot path of intake: no allocation, no String. Belongs to the intake thread.
import Events
import JSON
import Linux

package struct EventPacker: ~Copyable {
    package let maxEventBytes: Int
    private let parser: JSONParser
    /// `"host":"…",`
    private let hostField: [UInt8]
    /// Ids of events that bring none: 128 random bits drawn at start, and a counter.
    private let idPrefix: [UInt8]
    private var nextID: UInt64 = 0
    /// `"receivedAt":"…","host":"…",` as of `now`.
    private var fields: [UInt8] = []
    private var now: Int64 = .min

    package init(maxEventBytes: Int, host: String) throws {
        let parser = try JSONParser.make(capacity: maxEventBytes, maxDepth: EventFields.maxDepth)
        self.init(parser: parser, maxEventBytes: maxEventBytes, host: host)
        setTime(milliseconds: WallClock.nowMilliseconds)
    }

    /// Without a time. (Swift 6.0 takes no mutating call in the initializer that sets the constants.)
    private init(parser: consuming JSONParser, maxEventBytes: Int, host: String) {
        self.parser = parser
        self.maxEventBytes = maxEventBytes
        var bytes = Array("\"host\":".utf8)
        JSONWriter.append(host.utf8, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        hostField = bytes
        idPrefix = Array("\"messageId\":\"\(Files.randomHex(bytes: 16))-".utf8)
    }

    /// The most room the packed form of `count` bytes of text can take.
    package func roomNeeded(_ count: Int) -> Int {
        PackedEvents.headerBytes + 2 * count + fields.count + idPrefix.count + 64
    }

    /// The room a batch must have to take any event when empty.
    package var batchCapacity: Int { EventBatch.fullBytes + roomNeeded(maxEventBytes) }

    /// The time that events get as `receivedAt` from now on.
    package mutating func setTime(milliseconds: Int64) {
        guard milliseconds != now else { return }
        now = milliseconds
        fields.removeAll(keepingCapacity: true)
        fields.append(contentsOf: "\"receivedAt\":\"".utf8)
        fields.append(contentsOf: EventTime.text(milliseconds))
        fields.append(contentsOf: "\",".utf8)
        fields.append(contentsOf: hostField)
    }

    /// Appends the event in `text` to `batch`, which has `roomNeeded`. Behind `text` JSONParser.padding is readable.
    package mutating func pack(_ text: UnsafeRawBufferPointer, into batch: EventBatch) throws(Rejection) {
        guard text.count <= maxEventBytes else { throw .tooLarge }
        let tape = try parse(text)
        let fields = try EventFields.read(tape)
        let header = batch.memory + batch.byteCount
        var end = header + PackedEvents.headerBytes
        func append(_ bytes: UnsafeBufferPointer<UInt8>) {
            if let base = bytes.baseAddress { end.copyMemory(from: base, byteCount: bytes.count) }
            end += bytes.count
        }
        let keyStart = end
        let hasVisitor = VisitorKey.write(tape, fields, append)
        if !hasVisitor, fields.messageId != 0 { append(tape.string(fields.messageId)) }
        var generated: (UInt64, Int)?
        if fields.messageId == 0 {
            let digits = digitCount(nextID)
            nextID &+= 1
            generated = (nextID &- 1, digits)
            if !hasVisitor {
                idPrefix.withUnsafeBufferPointer { prefix in append(UnsafeBufferPointer(rebasing: prefix[13...])) }
                appendDecimal(nextID &- 1, digits, &end)
            }
        }
        let valueStart = end
        end.storeBytes(of: UInt8(ascii: "{"), as: UInt8.self)
        end += 1
        if let (id, digits) = generated {
            idPrefix.withUnsafeBufferPointer(append)
            appendDecimal(id, digits, &end)
            end.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            (end + 1).storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
            end += 2
        }
        self.fields.withUnsafeBufferPointer(append)
        if fields.receivedAt == 0 && fields.host == 0 {
            let body = EventPacker.body(text)
            if let base = body.baseAddress { end.copyMemory(from: base, byteCount: body.count) }
            end += body.count
        } else {
            EventPacker.appendWithoutOurs(text, tape, &end)
        }
        PackedEvents.writeHeader(
            header, valueCount: end - valueStart, keyCount: valueStart - keyStart,
            index: UInt32(truncatingIfNeeded: batch.eventCount))
        batch.byteCount = end - batch.memory
        batch.eventCount += 1
    }

    private func parse(_ text: UnsafeRawBufferPointer) throws(Rejection) -> JSONTape {
        do throws(JSONFault) { return try parser.parse(text) } catch { throw Rejection(error) }
    }

    /// What follows the opening brace, up to and with the closing one.
    private static func body(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        while start < text.count, text[start] != UInt8(ascii: "{") { start += 1 }
        var end = text.count
        while end > start, text[end - 1] != UInt8(ascii: "}") { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[min(start + 1, end)..<end])
    }

    /// The members but those named receivedAt or host, and the closing brace.
    private static func appendWithoutOurs(
        _ text: UnsafeRawBufferPointer, _ tape: JSONTape, _ end: inout UnsafeMutableRawPointer
    ) {
        let ranges = RawMembers.ranges(in: text)
        var index = 0
        var isFirst = true
        tape.members(of: tape.top) { key, _ in
            defer { index += 1 }
            guard index < ranges.count, !key.equals("receivedAt"), !key.equals("host") else { return }
            if !isFirst {
                end.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
                end += 1
            }
            isFirst = false
            let member = text[ranges[index]]
            if let base = text.baseAddress { end.copyMemory(from: base + member.startIndex, byteCount: member.count) }
            end += member.count
        }
        end.storeBytes(of: UInt8(ascii: "}"), as: UInt8.self)
        end += 1
    }

    private func digitCount(_ value: UInt64) -> Int {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }

    private func appendDecimal(_ value: UInt64, _ digits: Int, _ end: inout UnsafeMutableRawPointer) {
        var rest = value
        for offset in stride(from: digits - 1, through: 0, by: -1) {
            (end + offset).storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + rest % 10), as: UInt8.self)
            rest /= 10
        }
        end += digits
    }
}
