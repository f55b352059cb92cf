// `clickd rollup rebuild`: marks every day that has events or roll-ups, and works until the marks are gone; a daemon that
// has the lease does the work while this one shows it. Days whose raw events may have expired are refused: they would
// be made anew of less than they were made of.
import Events
import Linux
import Mongo
import Rollups
import Settings

enum RollupCommand {
    private static let day: Int64 = 86_400_000

    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        guard options.operands == ["rebuild"] else { throw UsageError("say what to do: rollup rebuild") }
        let writer = try RollupWriter(
            .init(
                uri: settings.mongodb.uri.revealed, database: settings.mongodb.database,
                collection: settings.mongodb.collection, retain: settings.mongodb.retain, host: settings.host.name))
        try writer.prepare()
        guard let (first, last) = try writer.extent() else {
            Terminal.print("there are no events, and nothing to roll up")
            return 0
        }
        let now = WallClock.nowMilliseconds
        var from = try date(options, "from") ?? first
        let to = try date(options, "to").map { $0 + day } ?? last + 1
        if let frozen = RollupPlan.frozenBefore(retain: settings.mongodb.retain, now: now), from < frozen {
            let text = "days before \(String(decoding: EventTime.text(frozen).prefix(10), as: UTF8.self)) are frozen"
            guard options["from"] == nil else {
                Terminal.complain("clickd rollup: \(text): their events may have expired (mongodb.retain)")
                return 1
            }
            Terminal.print("\(text) and stay as they are (mongodb.retain)")
            // The first whole day behind the border.
            from = frozen - frozen % day + day
        }
        var places: [SegmentPlace: Int] = [:]
        for start in stride(from: from - ((from % day) + day) % day, to: to, by: Int64.Stride(day)) {
            places[SegmentPlace(.day, minute: start / 60_000)] = 0
        }
        try writer.marks.mark(places, now: now)
        let wanted = Set(places.keys)
        try work(writer, wanted)
        try writer.mergeAll()
        try writer.release()
        Terminal.print("rolled up \(wanted.count) days")
        return 0
    }

    /// Until none of these marks is left.
    private static func work(_ writer: RollupWriter, _ wanted: Set<SegmentPlace>) throws {
        while true {
            let left = try writer.marks.all().count { wanted.contains($0.place) }
            show(done: wanted.count - left, of: wanted.count)
            if left == 0 { break }
            if try !writer.turn(milliseconds: 500) { usleep(200_000) }
        }
        if Terminal.isTerminal { Terminal.write(1, "\n") }
    }

    private static func show(done: Int, of all: Int) {
        guard Terminal.isTerminal else { return }
        let filled = all > 0 ? done * 40 / all : 40
        Terminal.write(
            1,
            "\r[" + String(repeating: "#", count: filled) + String(repeating: " ", count: 40 - filled)
                + "] \(done) of \(all) days")
    }

    /// The start of a day, UTC, ms since 1970.
    private static func date(_ options: Options, _ name: String) throws(UsageError) -> Int64? {
        guard let text = options[name] else { return nil }
        var instant = text + "T00:00:00Z"
        guard let found = instant.withUTF8({ EventTime.parse($0) }) else {
            throw UsageError("--\(name) takes a date like 2026-11-23, not \"\(text)\"")
        }
        return found
    }
}
