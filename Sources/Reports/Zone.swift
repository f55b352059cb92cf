// Days of the configured time zone, by glibc's tz database: the process has one zone, set once at its start
// (localtime_r reads TZ). Dates are pure arithmetic; only their beginnings ask the zone.
import Events
import Linux

/// A day of the Gregorian calendar, as days since 1970-01-01.
public struct Day: Hashable, Sendable, Comparable {
    public var number: Int

    public init(number: Int) { self.number = number }

    /// nil for a date that is not in the calendar; years 1970 to 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1970...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Day.length(year: year, month: month)
        else { return nil }
        // Years from March on, so that the leap day comes last.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        number = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// `2026-11-23`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    private static func length(year: Int, month: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    public var parts: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = shifted / 146_097
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let civil = month < 10 ? month + 3 : month - 9
        return (year + era * 400 + (civil <= 2 ? 1 : 0), civil, ofYear - (153 * month + 2) / 5 + 1)
    }

    public var text: String {
        let (year, month, day) = parts
        return Day.padded(year, 4) + "-" + Day.padded(month, 2) + "-" + Day.padded(day, 2)
    }

    static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Monday is 0.
    public var weekday: Int { ((number + 3) % 7 + 7) % 7 }

    public var yearBefore: Day {
        let (year, month, day) = parts
        // The 29th of February has the 28th before it.
        return Day(year: year - 1, month: month, day: day) ?? Day(year: year - 1, month: month, day: 28) ?? self
    }

    public static func < (a: Day, b: Day) -> Bool { a.number < b.number }
    public static func + (day: Day, days: Int) -> Day { Day(number: day.number + days) }
    public static func - (a: Day, b: Day) -> Int { a.number - b.number }
}

public enum Zone {
    private static let current = Guarded("UTC")

    /// The process's zone from now on; belongs to the program's start, before other threads ask for days.
    public static func use(_ name: String) {
        setenv("TZ", name == "UTC" ? "UTC0" : ":" + name, 1)
        tzset()
        current.withLock { $0 = name }
    }

    public static var name: String { current.withLock { $0 } }

    /// When a day begins, ms since 1970. A day whose midnight the clock jumps over begins where the jump ends.
    public static func start(of day: Day) -> Int64 {
        let (year, month, dayOfMonth) = day.parts
        var time = tm()
        time.tm_year = Int32(year - 1900)
        time.tm_mon = Int32(month - 1)
        time.tm_mday = Int32(dayOfMonth)
        time.tm_isdst = -1
        let near = Int64(mktime(&time))
        // mktime may be an hour off where a clock change falls on midnight: look for the day's first second around it.
        var before = near - 100_000
        var within = near + 100_000
        while within - before > 1 {
            let middle = before + (within - before) / 2
            if Zone.day(of: middle * 1000) < day { before = middle } else { within = middle }
        }
        return within * 1000
    }

    public static func day(of milliseconds: Int64) -> Day {
        var seconds = time_t(milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000)
        var time = tm()
        localtime_r(&seconds, &time)
        return Day(year: Int(time.tm_year) + 1900, month: Int(time.tm_mon) + 1, day: Int(time.tm_mday))
            ?? Day(number: 0)
    }
}

/// Instants as text: `2026-11-23T11:52:03.120Z`
public enum Instant {
    public static func text(_ milliseconds: Int64) -> String {
        String(decoding: EventTime.text(milliseconds), as: UTF8.self)
    }
}
