// When people come to a shop: by hour, by weekday, and more from month to month. Days count from 1970-01-01; hours are
// UTC's.
import Linux

package enum Rhythm {
    package static let dayMilliseconds: Int64 = 86_400_000
    /// A shop's growth from one day to the next: a fifth more each month.
    private static let growth = 1.006

    /// Monday to Sunday; Sunday evening is when people have time.
    private static let weekdays = [1.03, 0.98, 0.95, 0.99, 0.86, 0.97, 1.22]
    private static let workday = Weighted([
        1.2, 0.7, 0.4, 0.3, 0.3, 0.5, 1.3, 2.6, 3.8, 4.5, 5.0, 5.4, 6.0, 5.3, 4.8, 4.7, 4.9, 5.5, 6.6, 7.9, 8.6, 7.9,
        5.4, 2.8,
    ])
    private static let weekend = Weighted([
        1.8, 1.2, 0.7, 0.4, 0.3, 0.3, 0.6, 1.3, 2.8, 4.6, 6.0, 6.5, 6.2, 6.0, 6.2, 6.5, 6.6, 6.5, 6.4, 6.8, 7.4, 6.6,
        4.6, 2.6,
    ])

    /// 0 is Monday.
    package static func weekday(ofDay day: Int) -> Int { ((day + 3) % 7 + 7) % 7 }

    /// How busy a day is; 1 is a usual day at the time of `last`.
    package static func weight(ofDay day: Int, before last: Int) -> Double {
        pow(growth, Double(day - last)) * weekdays[weekday(ofDay: day)]
    }

    private static func hours(ofDay day: Int) -> Weighted { weekday(ofDay: day) < 5 ? workday : weekend }

    /// When on `day` somebody comes, before `end`; both in milliseconds of that day.
    package static func arrival(onDay day: Int, before end: Int64 = dayMilliseconds, _ chance: inout Chance) -> Int64 {
        let hours = hours(ofDay: day)
        let place = hours.place(ofShare: chance.unit() * hours.share(before: Double(end) / 3_600_000))
        return min(Int64(place * 3_600_000), max(end - 1, 0))
    }

    /// The share of a day's visits that come before `end`, in milliseconds of that day.
    package static func share(ofDay day: Int, before end: Int64) -> Double {
        hours(ofDay: day).share(before: Double(end) / 3_600_000)
    }
}
