// One JSON text, parsed and checked whole, as a tape to walk. Wraps simdjson's DOM parser: every value is checked,
// the text must be UTF-8, nothing may follow it. No allocation a text. A parser belongs to one thread.
import CSimdJSON

/// Why a text was refused.
public enum JSONFault: Error, Sendable, Equatable {
    case notJSON
    case notUTF8
    case tooDeep
    /// An integer beyond 64 bits or a number beyond a double.
    case badNumber
    /// Longer than the parser's capacity.
    case tooLarge
    case noMemory
}

public struct JSONParser: ~Copyable {
    /// Bytes that must be readable behind every text given to `parse`; their content does not matter.
    public static let padding = Int(clickd_json_padding)

    private let handle: OpaquePointer

    /// A parser for texts of at most `capacity` bytes, nested at most `maxDepth` deep (`{"a":1}` is 1,
    /// `{"a":[1]}` is 2; an innermost object or array that is empty is not counted).
    public static func make(capacity: Int, maxDepth: Int) throws(JSONFault) -> JSONParser {
        guard let handle = clickd_json_create(max(capacity, 64), maxDepth) else { throw .noMemory }
        return JSONParser(handle: handle)
    }

    private init(handle: OpaquePointer) { self.handle = handle }

    deinit { clickd_json_destroy(handle) }

    /// Parses `text`, behind which `padding` bytes are readable. The tape is valid until the next call.
    public func parse(_ text: UnsafeRawBufferPointer) throws(JSONFault) -> JSONTape {
        guard let base = text.baseAddress, text.count > 0 else { throw .notJSON }
        var words: UnsafePointer<UInt64>?
        var strings: UnsafePointer<UInt8>?
        let result = clickd_json_parse(
            handle, base.assumingMemoryBound(to: CChar.self), text.count, &words, &strings)
        if result == clickd_json_ok, let words, let strings {
            return JSONTape(words: words, strings: strings)
        }
        switch result {
        case clickd_json_not_utf8: throw .notUTF8
        case clickd_json_too_deep: throw .tooDeep
        case clickd_json_number: throw JSONNumberGrammar.allWellFormed(in: text) ? .badNumber : .notJSON
        case clickd_json_too_large: throw .tooLarge
        case clickd_json_no_memory: throw .noMemory
        default: throw .notJSON
        }
    }

    /// Parses bytes that have no padding behind them, by way of a copy; for texts off the hot path.
    public func parse<Result>(
        copying text: some Collection<UInt8>, _ body: (JSONTape) throws -> Result
    ) throws -> Result {
        let padded = Array(text) + Array(repeating: 0x20, count: Self.padding)
        return try padded.withUnsafeBytes { bytes in
            try body(try parse(UnsafeRawBufferPointer(rebasing: bytes[..<text.count])))
        }
    }
}
