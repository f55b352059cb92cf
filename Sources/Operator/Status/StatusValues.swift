// A status answer, read back from its JSON.
import JSON

package struct StatusValues {
    /// A part that is not well.
    package struct Condition {
        package let part: String
        package let reason: String
        /// For how long; nil where it was not said.
        package let seconds: Double?
    }

    package var state = ""
    package var host = ""
    package var version = ""
    package var mode = ""
    package var conditions: [Condition] = []
    /// By dotted path: "ledger.received", "outbox.bytes", "rates.inserted". Absent where the part does not run.
    package var numbers: [String: Double] = [:]
    package var texts: [String: String] = [:]
    /// Rows of numbers by path: "history.received".
    package var rows: [String: [Double]] = [:]

    package init?(_ json: [UInt8]) {
        guard let parser = try? JSONParser.make(capacity: max(json.count, 64), maxDepth: 8) else { return nil }
        var values = StatusValues()
        let result: Void? = try? parser.parse(copying: json) { tape in
            guard tape.kind(tape.top) == .object else { return }
            values.read(tape, tape.top, "")
        }
        guard result != nil, let state = values.texts["state"], !state.isEmpty else { return nil }
        values.state = state
        values.host = values.texts["host"] ?? ""
        values.version = values.texts["version"] ?? ""
        values.mode = values.texts["mode"] ?? ""
        self = values
    }

    private init() {}

    /// A count; 0 where it is not there or beyond 2^53, which no daemon counts to: two of them can be added.
    package subscript(path: String) -> Int {
        let number = (numbers[path] ?? 0).rounded()
        return number.magnitude <= 9_007_199_254_740_992 ? Int(number) : 0
    }

    package func condition(_ part: String) -> Condition? { conditions.first { $0.part == part } }

    private mutating func read(_ tape: JSONTape, _ place: Int, _ front: String) {
        tape.members(of: place) { key, value in
            let path = front + String(decoding: key, as: UTF8.self)
            switch tape.kind(value) {
            case .object: read(tape, value, path + ".")
            case .array: readArray(tape, value, path)
            case .integer: numbers[path] = Double(tape.integer(value))
            case .double: numbers[path] = tape.double(value)
            case .true: numbers[path] = 1
            case .false: numbers[path] = 0
            case .string: texts[path] = String(decoding: tape.string(value), as: UTF8.self)
            default: break
            }
        }
    }

    private mutating func readArray(_ tape: JSONTape, _ place: Int, _ path: String) {
        var row: [Double] = []
        tape.elements(of: place) { element in
            switch tape.kind(element) {
            case .integer: row.append(Double(tape.integer(element)))
            case .double: row.append(tape.double(element))
            case .object where path == "conditions":
                var one = StatusValues()
                one.read(tape, element, "")
                conditions.append(
                    Condition(
                        part: one.texts["part"] ?? "", reason: one.texts["reason"] ?? "",
                        seconds: one.numbers["seconds"]))
            default: break
            }
        }
        if !row.isEmpty { rows[path] = row }
    }
}
