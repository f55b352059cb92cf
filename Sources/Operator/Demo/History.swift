// A shop's past: days up to now, with the rhythm of hours and weekdays and with growth, each a list of visits and the
// order of their steps. A value; the number of events is exact.

package struct History: Sendable {
    /// The events of a usual day at the end of the past, where no number is asked for: some 600 visits.
    private static let usualDay = 3000.0

    package struct Day: Sendable {
        package fileprivate(set) var visits: [Visit] = []
        /// The day's steps in order of time.
        package fileprivate(set) var order: [(visit: Int, step: Int)] = []
    }

    package private(set) var events = 0
    private let now: Int64
    private let last: Int
    private var day: Int
    private var left = 0

    /// `days` whole days (at least 1) and what has passed of today, until `now` (milliseconds since 1970).
    package init(days: Int, events wanted: Int?, until now: Int64) {
        self.now = now
        last = Int(now / Rhythm.dayMilliseconds)
        day = last - max(days, 1)
        left = wanted ?? Int(weightLeft * History.usualDay)
        events = left
    }

    /// The next day; nil when now is reached.
    package mutating func next(_ crowd: inout Crowd) -> Day? {
        guard day <= last, left > 0 else { return nil }
        // Luck with the days: a tenth up or down.
        let luck = 0.9 + 0.2 * crowd.chance.unit()
        let share = day == last ? 1 : min(luck * weight(ofDay: day) / weightLeft, 1)
        let wanted = min(left, Int((Double(left) * share).rounded(.up)))
        let made = make(wanted, &crowd)
        left -= wanted
        day += 1
        return made
    }

    private func make(_ wanted: Int, _ crowd: inout Crowd) -> Day {
        var made = Day()
        let start = Int64(day) * Rhythm.dayMilliseconds
        let end = min(now - start, Rhythm.dayMilliseconds)
        while made.order.count < wanted {
            let arrival = Rhythm.arrival(onDay: day, before: end, &crowd.chance)
            let visit = crowd.visit(at: start + arrival) { $0.lastDay == day }
            // Nothing happens after now, nor a step more than was asked for.
            let steps = visit.steps.prefix { $0.at <= now }.prefix(wanted - made.order.count)
            for step in steps.indices { made.order.append((made.visits.count, step)) }
            made.visits.append(visit)
        }
        let visits = made.visits
        made.order.sort { visits[$0.visit].steps[$0.step].at < visits[$1.visit].steps[$1.step].at }
        return made
    }

    private func weight(ofDay day: Int) -> Double {
        let weight = Rhythm.weight(ofDay: day, before: last)
        return day < last ? weight : weight * Rhythm.share(ofDay: day, before: now % Rhythm.dayMilliseconds)
    }

    private var weightLeft: Double { day > last ? 0 : (day...last).reduce(0) { $0 + weight(ofDay: $1) } }
}
