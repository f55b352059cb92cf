// How many events may be set aside: beyond a thousand a minute the rule is wrong, not the events, and the consumer waits.
import Linux

struct DeadRate {
    static let limit = 1000
    private var start = Monotonic(nanoseconds: 0)
    private var count = 0

    init() {}

    /// Whether `more` may be set aside now; counts them if so.
    mutating func takes(_ more: Int, at now: Monotonic) -> Bool {
        if Monotonic.milliseconds(from: start, to: now) >= 60_000 {
            start = now
            count = 0
        }
        guard count < DeadRate.limit else { return false }
        count += more
        return true
    }
}
