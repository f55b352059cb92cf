// When a stretch is rolled up or merged: pure decisions, without clock or database.
//
// A marked minute is rolled up after a while that grows with what came to it, and again after four times what it cost, or
// when it is over: a quiet shop's numbers are a second old; in a flood, which needs the machine for itself, they are half a
// minute old, and an event is read two or three times at most, however often its minute is marked.

public struct RollupPlan {
    /// When a place was last worked on, and how long that took, in ms.
    private var worked: [SegmentPlace: (at: Int64, cost: Int64)] = [:]

    public init() {}

    public mutating func didWork(_ place: SegmentPlace, at now: Int64, cost: Int64) {
        worked[place] = (now, cost)
        if worked.count > 20_000 { worked = worked.filter { now - $0.value.at < 600_000 } }
    }

    /// How long events wait at most for others to be rolled up with them, ms.
    static let longestWait: Int64 = 20_000
    /// By how much events are late whose minute is over, as a rule, ms.
    static let underway: Int64 = 2000

    /// Whether a marked place is to be rolled up now.
    public func isDue(_ mark: RollupMark, at now: Int64) -> Bool {
        // A mark from the future says that a clock was set back: no reason to wait for it.
        let age = now - mark.since
        guard age < 0 || age >= min(RollupPlan.longestWait, mark.events / 4) else { return false }
        guard let last = worked[mark.place] else { return true }
        let over = mark.place.end + RollupPlan.underway
        return last.at < over && now >= over || now - last.at >= max(500, 4 * last.cost)
    }

    /// Which marks come first: what is not of the future, the newest first, so that no backlog stands before the present;
    /// then what claims to be of the future.
    public func ordered(_ marks: [RollupMark], at now: Int64) -> [RollupMark] {
        let present = SegmentPlace.minute(of: now) + MarkBudget.presentMinutes.upperBound
        let sorted = marks.sorted { $0.place.minute > $1.place.minute }
        return sorted.filter { $0.place.minute <= present } + sorted.filter { $0.place.minute > present }.reversed()
    }

    /// Minutes before this are frozen: their raw events may have expired, so they cannot be read again. An event's own
    /// time may be up to a day ahead of the `receivedAt` that it expires by. ms since 1970; nil where nothing expires.
    public static func frozenBefore(retain: Duration?, now: Int64) -> Int64? {
        guard let retain else { return nil }
        let kept = retain.components.seconds * 1000
        return now - kept + min(90_000_000, kept / 2)
    }

    /// What to merge, given the documents there are: hours that are over by a minute take their minutes, days that are
    /// over by ten their hours and minutes, as long as the result stays below `maxRows`.
    public func merges(_ heads: [SegmentHead], at now: Int64, maxRows: Int = 4_000_000) -> [SegmentPlace] {
        var rows: [SegmentPlace: Int] = [:]
        var shorter: [SegmentPlace: Bool] = [:]
        for head in heads {
            let day = SegmentPlace(.day, holding: head.place.minute)
            rows[day, default: 0] += head.rows
            if head.place.level < .day { shorter[day] = true }
            if head.place.level < .day {
                let hour = SegmentPlace(.hour, holding: head.place.minute)
                rows[hour, default: 0] += head.rows
                if head.place.level < .hour { shorter[hour] = true }
            }
        }
        func fits(_ place: SegmentPlace) -> Bool { (rows[place] ?? 0) <= maxRows }
        func isOver(_ place: SegmentPlace) -> Bool {
            place.end + (place.level == .day ? 600_000 : 60_000) <= now
        }
        let days = shorter.keys.filter { $0.level == .day && isOver($0) && fits($0) }
        let hours = shorter.keys.filter { hour in
            guard hour.level == .hour, isOver(hour), fits(hour) else { return false }
            return !days.contains { $0.holds(hour) }
        }
        // Merging costs what the whole stretch costs: a trickle of late events waits until it is worth it.
        return (days + hours).filter { place in
            guard let last = worked[place] else { return true }
            return now - last.at >= max(30_000, 20 * last.cost)
        }.sorted(by: >)
    }
}
