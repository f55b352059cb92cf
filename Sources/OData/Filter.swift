// $filter as a tree of values: what a row must be like. Parsed by FilterParser, turned into MongoDB's terms by MatchWriter
// and asked of rows in memory here: one meaning in both places. OData's null: a comparison with it is false except
// eq and ne, a function of it is null, and `not null` is null.
import Reports

package indirect enum Filter: Sendable {
    package enum Comparison: String, Sendable, CaseIterable {
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

    package enum TextTest: String, Sendable, CaseIterable { case contains, startswith, endswith }
    package enum Part: String, Sendable, CaseIterable { case year, month, day, hour, minute, second }

    package enum Operand: Sendable {
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
    package func holds(_ row: (Column) -> Value) -> Bool? {
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
            case .date(let day): return .number(Double(part.of(day, milliseconds: 0)))
            case .instant(let time):
                // Of UTC, which is what answers are written in.
                let day = (time >= 0 ? time : time - 86_399_999) / 86_400_000
                return .number(Double(part.of(Day(number: Int(day)), milliseconds: Int(time - day * 86_400_000))))
            default: return .null
            }
        }
    }
}

extension Filter.Part {
    /// `milliseconds`: since the day began.
    func of(_ day: Day, milliseconds: Int) -> Int {
        switch self {
        case .year: day.parts.year
        case .month: day.parts.month
        case .day: day.parts.day
        case .hour: milliseconds / 3_600_000
        case .minute: milliseconds / 60_000 % 60
        case .second: milliseconds / 1000 % 60
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
