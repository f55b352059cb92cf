// A primitive value, of a literal or of a row, and how two of them compare: texts by their bytes, as MongoDB does, null
// before everything else.
import Events
import Mongo
import Reports

public enum Value: Sendable {
    case null
    case text(String)
    case number(Double)
    case bool(Bool)
    /// ms since 1970.
    case instant(Int64)
    case date(Day)

    var isNull: Bool { if case .null = self { true } else { false } }

    /// -1, 0, 1; null is the least and equal to itself. Of two kinds nothing is less: 0 is never said of them.
    func compared(to other: Value) -> Int {
        switch (self, other) {
        case (.null, .null): return 0
        case (.null, _): return -1
        case (_, .null): return 1
        case (.text(let a), .text(let b)):
            if a.utf8.elementsEqual(b.utf8) { return 0 }
            return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case (.number(let a), .number(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.instant(let a), .instant(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.date(let a), .date(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.bool(let a), .bool(let b)): return a == b ? 0 : a ? 1 : -1
        default: return 1
        }
    }

    /// As MongoDB stores and compares it. A date has no use there.
    var bson: BSONValue {
        switch self {
        case .null: .null
        case .text(let text): .string(text)
        case .number(let number): .double(number)
        case .bool(let claim): .bool(claim)
        case .instant(let time): .date(time)
        case .date(let day): .string(day.text)
        }
    }

    /// Of a document's element, read as the column's type; null for what is of another.
    init(_ element: BSONElement?, _ type: EdmType) {
        let value: Value? =
            switch type {
            case .string: element?.string.map(Value.text)
            case .int32, .double: element?.double.map(Value.number)
            case .instant: element?.dateMilliseconds.map(Value.instant)
            case .date: element?.string.flatMap { Day($0) }.map(Value.date)
            }
        self = value ?? .null
    }
}

extension EdmType {
    /// Whether a literal of this value can be compared with a column of this type.
    func admits(_ value: Value) -> Bool {
        switch (self, value) {
        case (_, .null), (.string, .text), (.int32, .number), (.double, .number), (.instant, .instant), (.date, .date):
            true
        default: false
        }
    }

    /// What a literal of it looks like, for messages.
    var example: String {
        switch self {
        case .string: "'text'"
        case .int32: "42"
        case .double: "4.2"
        case .instant: "2026-11-23T08:00:00Z"
        case .date: "2026-11-23"
        }
    }
}
