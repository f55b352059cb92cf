// Which days a filter can let through: what bounds how much of the roll-ups is read. It may name too many days, never
// too few; the filter itself is asked of every row.
import Reports

package struct DaySpan: Sendable, Equatable {
    /// Both included; empty where `first` is after `last`.
    package var first: Day
    package var last: Day

    static let all = DaySpan(first: Day(number: -1_000_000), last: Day(number: 3_000_000))
    static let none = DaySpan(first: Day(number: 1), last: Day(number: 0))

    var isEmpty: Bool { last < first }

    func intersection(_ other: DaySpan) -> DaySpan {
        DaySpan(first: max(first, other.first), last: min(last, other.last))
    }

    func hull(_ other: DaySpan) -> DaySpan {
        if isEmpty { return other }
        return other.isEmpty ? self : DaySpan(first: min(first, other.first), last: max(last, other.last))
    }
}

extension Filter {
    package var days: DaySpan {
        switch self {
        case .and(let parts): return parts.reduce(.all) { $0.intersection($1.days) }
        case .or(let parts): return parts.reduce(.none) { $0.hull($1.days) }
        case .not, .text: return .all
        case .isOneOf(.column(let column), let values) where column.type == .date:
            return values.reduce(.none) { $0.hull(Filter.days(.eq, $1)) }
        case .isOneOf: return .all
        case .compare(let comparison, .column(let column), .literal(let value)) where column.type == .date:
            return Filter.days(comparison, value)
        case .compare(let comparison, .literal(let value), .column(let column)) where column.type == .date:
            return Filter.days(comparison.mirrored, value)
        case .compare(.eq, .part(.year, _), .literal(.number(let year))):
            guard let year = Int(exactly: year), let first = Day(year: year, month: 1, day: 1),
                let last = Day(year: year, month: 12, day: 31)
            else { return .none }
            return DaySpan(first: first, last: last)
        case .compare: return .all
        }
    }

    private static func days(_ comparison: Comparison, _ value: Value) -> DaySpan {
        guard case .date(let day) = value else { return comparison == .ne ? .all : .none }
        return switch comparison {
        case .eq: DaySpan(first: day, last: day)
        case .ne: .all
        case .gt: DaySpan(first: day + 1, last: DaySpan.all.last)
        case .ge: DaySpan(first: day, last: DaySpan.all.last)
        case .lt: DaySpan(first: DaySpan.all.first, last: day + -1)
        case .le: DaySpan(first: DaySpan.all.first, last: day)
        }
    }
}
