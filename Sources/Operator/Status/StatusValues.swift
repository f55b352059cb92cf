// The numbers of a status answer, read back from its JSON.
import JSON

package struct StatusValues {
    package var state = ""
    package var host = ""
    package var version = ""
    package var mode = ""
    package var since = ""
    package var reasons: [String] = []
    /// By dotted path: "ledger.received", "outbox.bytes", "rates.inserted". Absent where the part does not run.
    package var numbers: [String: Double] = [:]
    package var texts: [String: String] = [:]

    package init?(_ json: [UInt8]) {
        guard let parser = try? JSONParser.make(capacity: max(json.count, 64), maxDepth: 8) else { return nil }
        var values = StatusValues()
        let result: Void? = try? parser.parse(copying: json) { tape in
            guard tape.kind(tape.top) == .object else { return }
            values.read(tape, tape.top, "")
        }
        guard result != nil, !values.state.isEmpty else { return nil }
        self = values
    }

    private init() {}

    package subscript(path: String) -> Int { Int(exactly: (numbers[path] ?? 0).rounded()) ?? 0 }

    private mutating func read(_ tape: JSONTape, _ place: Int, _ front: String) {
        tape.members(of: place) { key, value in
            let path = front + String(decoding: key, as: UTF8.self)
            switch tape.kind(value) {
            case .object: read(tape, value, path + ".")
            case .array:
                tape.elements(of: value) {
                    if tape.kind($0) == .string { reasons.append(String(decoding: tape.string($0), as: UTF8.self)) }
                }
            case .integer: numbers[path] = Double(tape.integer(value))
            case .double: numbers[path] = tape.double(value)
            case .true: numbers[path] = 1
            case .false: numbers[path] = 0
            case .string: texts[path] = String(decoding: tape.string(value), as: UTF8.self)
            default: break
            }
        }
        if front.isEmpty {
            state = texts["state"] ?? ""
            host = texts["host"] ?? ""
            version = texts["version"] ?? ""
            mode = texts["mode"] ?? ""
            since = texts["since"] ?? ""
        }
    }
}
