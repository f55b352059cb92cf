// $filter as a tree of values: what a row must be like. Parsed by FilterParser, turned into MongoDB's terms by MatchWriter
// and asked of rows in memory here: one meaning in both places. OData's null: a comparison with it is false except
// eq and ne, a function of it is null, and `not null` is null.
import Reports

indirect enum Filter: Sendable {
    enum Comparison: String, Sendable, CaseIterable {
        case eq, ne, gt, ge, lt, le

        /// The same with its sides exchanged.
        var mirrored: Comparison {
            switch self {
            case .eq, .ne: self
            case .gt: .lt
            case .ge: .le
            case .lt: .gt
            case .le: .ge
            }
        }

        func holds(_ a: Value, _ b: Value) -> Bool {
            let order = a.compared(to: b)
            switch self {
            case .eq: return order == 0
            case .ne: return order != 0
            default: break
            }
            if a.isNull || b.isNull { return false }
            return switch self {
            case .gt: order > 0
            case .ge: order >= 0
            case .lt: order < 0
            default: order <= 0
            }
        }
    }

    enum TextTest: String, Sendable, CaseIterable { case contains, startswith, endswith }
    enum Part: String, Sendable, CaseIterable { case year, month, day, hour, minute, second }

    enum Operand: Sendable {
        case column(Column)
        case literal(Value)
        case part(Part, Column)
    }

    case and([Filter])
    case or([Filter])
    case not(Filter)
    case compare(Comparison, Operand, Operand)
    case isOneOf(Operand, [Value])
    case text(TextTest, Operand, Operand)
}

extension Filter {
    /// True, false, or nil for OData's null.
    func holds(_ row: (Column) -> Value) -> Bool? {
        switch self {
        case .and(let parts):
            var result: Bool? = true
            for part in parts {
                switch part.holds(row) {
                case false: return false
                case nil: result = nil
                default: break
                }
            }
            return result
        case .or(let parts):
            var result: Bool? = false
            for part in parts {
                switch part.holds(row) {
                case true: return true
                case nil: result = nil
                default: break
                }
            }
            return result
        case .not(let part): return part.holds(row).map { !$0 }
        case .compare(let comparison, let a, let b): return comparison.holds(a.value(row), b.value(row))
        case .isOneOf(let operand, let values):
            let value = operand.value(row)
            return values.contains { $0.compared(to: value) == 0 }
        case .text(let test, let a, let b):
            guard case .text(let whole) = a.value(row), case .text(let piece) = b.value(row) else { return nil }
            return test.holds(Array(whole.utf8), Array(piece.utf8))
        }
    }
}

extension Filter.Operand {
    func value(_ row: (Column) -> Value) -> Value {
        switch self {
        case .literal(let value): return value
        case .column(let column): return row(column)
        case .part(let part, let column):
            switch row(column) {
            case .date(let day):
                let (year, month, dayOfMonth) = day.parts
                return .number(Double(part == .year ? year : part == .month ? month : dayOfMonth))
            default: return .null
            }
        }
    }
}

extension Filter.TextTest {
    func holds(_ whole: [UInt8], _ piece: [UInt8]) -> Bool {
        guard piece.count <= whole.count else { return false }
        switch self {
        case .startswith: return whole.starts(with: piece)
        case .endswith: return whole.suffix(piece.count).elementsEqual(piece)
        case .contains:
            return (0...whole.count - piece.count).contains { whole[$0..<$0 + piece.count].elementsEqual(piece) }
        }
    }
}
