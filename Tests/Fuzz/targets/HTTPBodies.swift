// What comes over HTTP: bodies as Segment's libraries send them, CloudEvents, and $filter of OData.
import Collector
import Events
import JSON
import Linux
import OData

/// The first byte chooses path and origin. Whatever comes in, each event becomes one line that is one JSON object, or a
/// refusal.
struct Bodies: ~Copyable {
    var lines: EventLines
    private let parser: JSONParser

    init() throws {
        let parser = try JSONParser.make(capacity: 1 << 21, maxDepth: EventFields.maxDepth + 4)
        self.init(try EventLines(), parser)
    }

    /// Cannot fail: what cannot be copied is set in one go.
    private init(_ lines: consuming EventLines, _ parser: consuming JSONParser) {
        self.lines = lines
        self.parser = parser
    }

    mutating func read(
        _ input: UnsafeRawBufferPointer,
        _ body: (inout EventLines, UnsafeRawBufferPointer, Origin, UInt8) throws(EventFault) -> Void
    ) {
        guard let choice = input.first else { return }
        var origin = Origin()
        origin.address = choice & 1 == 0 ? [] : Array("192.0.2.0".utf8)
        origin.isPrivate = choice & 2 != 0
        origin.isBrowser = choice & 4 != 0
        origin.userAgent = choice & 8 == 0 ? [] : Array("Mozilla/5.0".utf8)
        let isRead = withPadding(input.dropFirst(), JSONParser.padding) { text in
            do throws(EventFault) {
                try body(&lines, text, origin, choice)
                return true
            } catch { return false }
        }
        if isRead { check(lines.submission) }
    }

    private func check(_ sent: Submission) {
        holds(sent.indices.count + sent.refused.count == sent.received, "every event is a line or a refusal")
        holds(sent.lines.isEmpty || sent.lines.last == 0x0A, "a line ends")
        let texts = sent.lines.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        holds(texts.count == sent.indices.count, "an event is one line")
        for text in texts {
            let isObject = try? parser.parse(copying: text) { $0.kind($0.top) == .object }
            holds(isObject == true, "a line is a JSON object: \(String(decoding: text, as: UTF8.self))")
        }
    }
}

final class SegmentTarget: Target {
    private var bodies: Bodies

    init() throws { bodies = try Bodies() }

    func read(_ input: UnsafeRawBufferPointer) {
        bodies.read(input) { (lines, text, origin, choice) throws(EventFault) in
            if choice & 16 == 0 {
                try lines.readBatch(text, origin) { _ throws(EventFault) in [] }
            } else {
                let types: [EventType] = [.track, .page, .screen, .identify, .group, .alias]
                try lines.readEvent(text, types[Int(choice >> 5) % 6], origin) { _ throws(EventFault) in [] }
            }
        }
    }
}

final class CloudEventsTarget: Target {
    private var bodies: Bodies

    init() throws { bodies = try Bodies() }

    func read(_ input: UnsafeRawBufferPointer) {
        bodies.read(input) { (lines, text, origin, choice) throws(EventFault) in
            if choice & 16 == 0 {
                try lines.readCloudBatch(text, origin)
            } else {
                try lines.readCloudEvent(text, origin)
            }
        }
    }
}

final class FilterTarget: Target {
    init() {}

    func read(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        for set in Model.sets {
            do throws(Fault) {
                let filter = try FilterParser.parse(text, set)
                _ = filter.days
                let asked = filter.holds { FilterTarget.value($0) }
                holds(Filter.not(filter).holds { FilterTarget.value($0) } == asked.map { !$0 }, "not turns it round")
            } catch {
                holds(error.status == 400 || error.status == 501, "a mistake is 400, what is not done 501")
                holds(!error.message.isEmpty, "a mistake has a text")
            }
        }
    }

    private static func value(_ column: Column) -> Value {
        switch column.type {
        case .string: .text("Product Viewed")
        case .instant: .instant(-1)
        case .date: .null
        default: .number(12.5)
        }
    }
}
