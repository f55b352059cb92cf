// The time a report is about: whole days of the zone, or a stretch between two instants; and the one it is compared with.
import Linux

public struct Period: Sendable, Equatable {
    /// [start, end), ms since 1970.
    public let start: Int64
    public let end: Int64
    /// The first and last day touched.
    public let from: Day
    public let to: Day
    public let isWholeDays: Bool
    /// When each day from `from` to the one after `to` begins.
    public let dayStarts: [Int64]

    public static let mostDays = 3660

    public init(from: Day, to: Day) {
        self.from = from
        self.to = to
        isWholeDays = true
        dayStarts = (from.number...max(to.number, from.number) + 1).map { Zone.start(of: Day(number: $0)) }
        start = dayStarts.first ?? 0
        end = dayStarts.last ?? 0
    }

    /// `end` after `start`.
    public init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
        from = Zone.day(of: start)
        to = max(from, Zone.day(of: end - 1))
        isWholeDays = false
        dayStarts = (from.number...to.number + 1).map { Zone.start(of: Day(number: $0)) }
    }

    public var dayCount: Int { dayStarts.count - 1 }

    public func day(_ index: Int) -> Day { from + index }

    /// Which day of the period an instant within it falls on.
    func dayIndex(of time: Int64) -> Int {
        var low = 0
        var high = dayStarts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if dayStarts[middle] <= time { low = middle } else { high = middle }
        }
        return low
    }

    public enum Comparison: String, Sendable, CaseIterable { case previous, year, off }

    public func compared(_ comparison: Comparison) -> Period? {
        switch comparison {
        case .off: return nil
        case .previous:
            if isWholeDays { return Period(from: from + -dayCount, to: from + -1) }
            return Period(start: start - (end - start), end: start)
        case .year:
            if isWholeDays {
                let first = from.yearBefore
                return Period(from: first, to: first + (dayCount - 1))
            }
            let first = Zone.start(of: from.yearBefore) + (start - Zone.start(of: from))
            return Period(start: first, end: first + (end - start))
        }
    }
}

/// A request that cannot be answered as it stands: 400.
public struct QueryMistake: Error, Sendable, Equatable {
    public let code: String
    public let message: String

    public init(_ message: String, code: String = "bad_parameter") {
        self.code = code
        self.message = message
    }
}

extension Period {
    /// Of the parameters `from` and `to`; nil or empty counts as not given. `usual`: days without any.
    public static func parse(
        from: String?, to: String?, usual: Int = 7, now: Int64 = WallClock.nowMilliseconds
    ) throws(QueryMistake) -> Period {
        let from = try from.map { (text) throws(QueryMistake) in try Edge.parse(text, "from") }
        let to = try to.map { (text) throws(QueryMistake) in try Edge.parse(text, "to") }
        let period: Period
        switch (from, to) {
        case (nil, nil):
            let today = Zone.day(of: now)
            period = Period(from: today + (1 - usual), to: today)
        case (.day(let from)?, nil):
            period = try days(from, max(from, Zone.day(of: now)))
        case (nil, .day(let to)?):
            period = try days(to + (1 - usual), to)
        case (.day(let from)?, .day(let to)?):
            period = try days(from, to)
        case (.instant(let from)?, nil):
            period = try instants(from, max(from + 1, now))
        case (nil, .instant(let to)?):
            period = try instants(to - Int64(usual) * 86_400_000, to)
        case (.instant(let from)?, .instant(let to)?):
            period = try instants(from, to)
        default:
            throw QueryMistake("from and to: give two dates or two instants, not one of each")
        }
        return period
    }

    private static func days(_ from: Day, _ to: Day) throws(QueryMistake) -> Period {
        guard from <= to else { throw QueryMistake("from: \(from.text) is after to: \(to.text)") }
        guard to - from < mostDays else { throw QueryMistake("from, to: at most \(mostDays) days") }
        return Period(from: from, to: to)
    }

    private static func instants(_ from: Int64, _ to: Int64) throws(QueryMistake) -> Period {
        guard from < to else { throw QueryMistake("from: must be before to") }
        guard to - from <= Int64(mostDays) * 86_400_000 else {
            throw QueryMistake("from, to: at most \(mostDays) days")
        }
        return Period(start: from, end: to)
    }
}
