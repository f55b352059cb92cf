// How finely a changed minute is marked: a pure decision. Events of now are always marked by the minute. Others are so
// while there are few; a sender who strews timestamps over years, for hours, gets hours and days, of which there are
// only so many. What a sender calls itself plays no part: a forger would call itself anew.

public struct MarkBudget: Sendable {
    /// Around the present minute.
    static let presentMinutes: ClosedRange<Int64> = -60...1
    /// Other minutes that are marked singly in one stretch of time.
    public static let others = 256
    static let stretch: Int64 = 600_000
    /// Beyond them, minutes this near are marked by the hour, the rest by the day.
    static let hours: Int64 = 7 * 1440

    private var began: Int64?
    private var singly = Set<Int64>()

    public init() {}

    public mutating func place(_ minute: Int64, now: Int64) -> SegmentPlace {
        let age = SegmentPlace.minute(of: now) - minute
        if MarkBudget.presentMinutes.contains(-age) { return SegmentPlace(.minute, minute: minute) }
        // A clock set back begins anew too.
        if !(began.map { ($0..<$0 + MarkBudget.stretch).contains(now) } ?? false) {
            began = now
            singly = []
        }
        if singly.contains(minute) || singly.count < MarkBudget.others {
            singly.insert(minute)
            return SegmentPlace(.minute, minute: minute)
        }
        return SegmentPlace(age <= MarkBudget.hours ? .hour : .day, holding: minute)
    }
}
