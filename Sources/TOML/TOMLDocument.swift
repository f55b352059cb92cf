// A TOML 1.0 text to values, by toml++. Any bytes may come in: too long, not UTF-8, NUL, deeply nested, keys twice
// are all errors with a place. Holds nothing of C's when it returns.
import CTomlPlusPlus

/// A parsed TOML document.
public struct TOMLDocument: Sendable, Equatable {
    /// The file's name as it was given to `parse`.
    public let file: String
    /// The root table's entries in the file's order.
    public let entries: [TOMLEntry]

    /// Parses `text`, at most 1 MiB of UTF-8, arrays and inline tables at most 16 deep. `file` is for errors only.
    public static func parse(text: [UInt8], file: String) throws(TOMLError) -> TOMLDocument {
        let parsed: Result<[TOMLEntry], TOMLError> = text.withUnsafeBufferPointer { bytes in
            if let fault = TOMLBounds.fault(in: bytes) {
                return .failure(TOMLError(file: file, line: fault.line, column: fault.column, text: fault.text))
            }
            return parse(bytes, file)
        }
        return TOMLDocument(file: file, entries: try parsed.get())
    }

    /// The same for a string.
    public static func parse(text: String, file: String) throws(TOMLError) -> TOMLDocument {
        try parse(text: [UInt8](text.utf8), file: file)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ file: String) -> Result<[TOMLEntry], TOMLError> {
        // An empty array's buffer has no address, and toml++ does not want a null one.
        let text = bytes.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
        guard let text, !bytes.isEmpty else { return .success([]) }
        guard let document = clickd_toml_parse(text, bytes.count) else {
            return .failure(TOMLError(file: file, line: 1, column: 1, text: "no memory to read it"))
        }
        defer { clickd_toml_destroy(document) }
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let error = clickd_toml_error(document, &line, &column) {
            return .failure(
                TOMLError(
                    file: file, line: max(Int(line), 1), column: max(Int(column), 1),
                    text: oneLine(String(cString: error))))
        }
        var count = 0
        guard let first = clickd_toml_nodes(document, &count) else { return .success([]) }
        var walk = Walk(nodes: UnsafeBufferPointer(start: first, count: count))
        guard case .table(let entries) = walk.next().content else { return .success([]) }
        return .success(entries)
    }

    /// toml++ shows what it found as it is, a line break too.
    private static func oneLine(_ text: String) -> String {
        text.unicodeScalars.map {
            $0.value < 0x20 || $0.value == 0x7F ? "\\u{\(String($0.value, radix: 16))}" : "\($0)"
        }
        .joined()
    }
}

/// Reads the flat list of nodes back into a tree. Recursion is bounded: see TOMLBounds and the shim.
private struct Walk {
    let nodes: UnsafeBufferPointer<clickd_toml_node>
    var index = 0

    init(nodes: UnsafeBufferPointer<clickd_toml_node>) { self.nodes = nodes }

    /// The node at `index` with all of its children; `index` is then behind them.
    mutating func next() -> TOMLValue {
        let node = nodes[index]
        index += 1
        let content: TOMLValue.Content
        switch node.kind {
        case clickd_toml_table:
            var entries: [TOMLEntry] = []
            for _ in 0..<node.children {
                let child = nodes[index]
                entries.append(
                    TOMLEntry(
                        key: string(child.key, child.key_length),
                        position: position(child.key_line, child.key_column), value: next()))
            }
            content = .table(entries)
        case clickd_toml_array:
            content = .array((0..<node.children).map { _ in next() })
        case clickd_toml_string: content = .string(string(node.text, node.text_length))
        case clickd_toml_integer: content = .integer(node.integer)
        case clickd_toml_float: content = .float(node.number)
        case clickd_toml_bool: content = .bool(node.boolean)
        default: content = .date
        }
        return TOMLValue(content: content, position: position(node.line, node.column))
    }

    private func position(_ line: UInt32, _ column: UInt32) -> TOMLPosition {
        TOMLPosition(line: Int(line), column: Int(column))
    }

    private func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(
            decoding: UnsafeRawBufferPointer(
                start: start.map { UnsafeRawPointer($0) }, count: start == nil ? 0 : length),
            as: UTF8.self)
    }
}
