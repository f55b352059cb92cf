// Another messageId in an event's text, everything else byte for byte as it was: for an event whose id another event
// has already.
import JSON

public enum MessageID {
    /// `text` with `id` for its messageId; nil where it is no object or has none. `id` needs no escapes.
    public static func replace(in text: [UInt8], by id: String) -> [UInt8]? {
        guard let parser = try? JSONParser.make(capacity: text.count, maxDepth: EventFields.maxDepth) else {
            return nil
        }
        let place: Range<Int>?? = try? parser.parse(copying: text) { tape in
            guard tape.kind(tape.top) == .object else { return nil }
            let ranges = text.withUnsafeBytes { RawMembers.ranges(in: $0) }
            var found: Range<Int>?
            var index = 0
            tape.members(of: tape.top) { key, _ in
                if key.equals("messageId"), index < ranges.count { found = ranges[index] }
                index += 1
            }
            return found
        }
        guard let range = place ?? nil else { return nil }
        return text[..<range.lowerBound] + Array("\"messageId\":\"\(id)\"".utf8) + text[range.upperBound...]
    }
}
