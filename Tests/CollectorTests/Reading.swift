// What tests send through the collector's reading, and what comes out: lines, read back.
import Collector
import Events
import JSON
import Linux

/// Bodies with the padding behind them that the server gives them.
func withBody<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withBody(Array(text.utf8), body)
}

func withBody<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    (bytes + [UInt8](repeating: 0, count: 64)).withUnsafeBytes { all in
        body(UnsafeRawBufferPointer(rebasing: all[..<bytes.count]))
    }
}

enum Reading {
    static func batch(_ text: String, _ origin: Origin = Origin()) throws -> Submission {
        try read(Array(text.utf8)) { (lines, body) throws(EventFault) in
            try lines.readBatch(body, origin) { _ throws(EventFault) in [] }
        }
    }

    static func event(_ text: String, _ type: EventType = .track, _ origin: Origin = Origin()) throws -> Submission {
        try read(Array(text.utf8)) { (lines, body) throws(EventFault) in
            try lines.readEvent(body, type, origin) { _ throws(EventFault) in [] }
        }
    }

    static func read(
        _ bytes: [UInt8],
        _ body: (inout EventLines, UnsafeRawBufferPointer) throws(EventFault) -> Void
    ) throws -> Submission {
        var lines = try EventLines()
        var fault: EventFault?
        withBody(bytes) { text in
            do throws(EventFault) { try body(&lines, text) } catch { fault = error }
        }
        if let fault { throw fault }
        return lines.submission
    }
}

extension Submission {
    /// The lines, without their LF.
    var texts: [String] { lines.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) } }

    /// The only line, as a value.
    var only: JSONValue? { texts.count == 1 ? JSONValue(texts[0]) : nil }
}

/// A parsed line, by dotted path.
struct JSONValue {
    private var leaves: [String: String] = [:]

    /// nil where `text` is no JSON object.
    init?(_ text: String) {
        guard let parser = try? JSONParser.make(capacity: max(64, text.utf8.count), maxDepth: 100) else { return nil }
        var found: [String: String] = [:]
        func walk(_ tape: JSONTape, _ place: Int, _ path: String) {
            switch tape.kind(place) {
            case .object:
                if !path.isEmpty { found[path] = "{}" }
                tape.members(of: place) { key, value in
                    walk(tape, value, (path.isEmpty ? "" : path + ".") + String(decoding: key, as: UTF8.self))
                }
            case .string: found[path] = String(decoding: tape.string(place), as: UTF8.self)
            case .integer: found[path] = "\(tape.integer(place))"
            case .double: found[path] = "\(tape.double(place))"
            case .true: found[path] = "true"
            case .null: found[path] = "null"
            default: found[path] = "?"
            }
        }
        do {
            try parser.parse(copying: Array(text.utf8)) { tape in
                guard tape.kind(tape.top) == .object else { throw JSONFault.notJSON }
                walk(tape, tape.top, "")
            }
        } catch { return nil }
        leaves = found
    }

    subscript(path: String) -> String? { leaves[path] }
}
