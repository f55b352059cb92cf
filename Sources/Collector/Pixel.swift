// An event in the address of an image, for pages without scripts: `/v1/pixel.gif?event=Product%20Viewed&product_id=p1`.
// The arguments named like an event's fields are its fields, every other one is a property. Pure.
import JSON

package enum Pixel {
    /// A transparent image of one point.
    static let image: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x21, 0xF9, 4, 1, 0, 0,
        0,
        0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ]

    private static let fields = ["event", "type", "messageId", "anonymousId", "userId", "timestamp", "sentAt"]
    /// Properties that reports count with: numbers where they look like one.
    private static let numbers = ["price", "quantity", "revenue", "total", "value", "results"]

    /// The event of these arguments, as JSON; `page` is the address of the page that shows the image, "" if unknown.
    package static func event(_ arguments: [(name: String, value: String)], page: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { event in
            for (name, value) in arguments where fields.contains(name) { event.member(name, value) }
            event.key("properties")
            event.object { properties in
                for (name, value) in arguments where isProperty(name) {
                    if numbers.contains(name), isNumber(value) {
                        properties.key(name)
                        properties.raw(value.utf8)
                    } else {
                        properties.member(name, value)
                    }
                }
            }
            if !page.isEmpty {
                event.key("context")
                event.object {
                    $0.key("page")
                    $0.object { $0.member("url", page) }
                }
            }
        }
        return writer.bytes
    }

    private static func isProperty(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains(0) && name != "writeKey" && !fields.contains(name)
    }

    /// `12` or `-12.50`: JSON's form without an exponent, of at most 15 digits.
    private static func isNumber(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard digits.utf8.count <= 15, let whole = parts.first, whole == "0" || whole.first != "0" else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}

extension EventLines {
    /// Reads one event from JSON that this program made.
    package mutating func readOwn(_ event: [UInt8], _ origin: Origin) throws(EventFault) {
        begin(expecting: event.count)
        let padded = event + [UInt8](repeating: 0x20, count: JSONParser.padding)
        padded.withUnsafeBytes { bytes in
            append(
                UnsafeRawBufferPointer(rebasing: bytes[..<event.count]), type: nil, origin: origin,
                shared: EventLines.shared(origin))
        }
        if let refused = submission.refused.first { throw refused.fault }
    }
}
