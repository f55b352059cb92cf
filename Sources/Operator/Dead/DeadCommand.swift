// `clickd dead`: looks at events that were set aside, sends them on again after a fix, or gives them up. Everything is
// done in bounded pieces, each whole or not at all, so that it may be stopped at any moment and done again.
import Events
import Linux
import Pipeline
import Settings

enum DeadCommand {
    private enum Verb: String, CaseIterable { case list, show, retry, drop }

    static let options: [Options.Known] = [
        .init(name: "side", value: "SIDE", help: "outbox (refused by Kafka) or mongodb (refused by MongoDB)"),
        .init(name: "code", value: "CODES", help: "only these codes, commas between"),
        .init(
            name: "since", value: "TIME", help: "last refused since: 2026-11-23, 2026-11-23T10:00:00Z, or \"2h\" ago"),
        .init(name: "until", value: "TIME", help: "last refused before, likewise"),
        .init(name: "limit", value: "N", help: "at most N letters (list shows 100)"),
        .init(name: "all", value: nil, help: "with drop: every letter, where nothing narrows it down"),
        .init(name: "new-id", value: nil, help: "with retry: an event whose messageId another one has gets its own"),
        .init(name: "json", value: nil, help: "as JSON: an object a letter, or one with what was done"),
    ]

    static let notes = [
        "retry: those of the outbox go back among its events and are sent again; what is refused again is",
        "a letter again. Those of mongodb are written at once; exit 1 where some are refused again. A retry",
        "that died, or is done twice, doubles nothing. An event whose messageId another event has",
        "(id_conflict) is refused each time, unless --new-id gives it an id of its own: then it counts as",
        "an event more.",
        "drop: gives letters up; the ledger keeps counting them (dropped, consumer_dropped).",
        "ID: a number in the outbox, topic/partition/offset in mongodb.",
    ]

    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        guard let verb = options.operands.first.flatMap(Verb.init) else {
            throw UsageError("say what to do: dead list, show, retry or drop")
        }
        var filter = DeadFilter()
        filter.ids = Array(options.operands.dropFirst())
        filter.codes = options["code"].map { $0.split(separator: ",").map { trimmed($0) } } ?? []
        let now = WallClock.nowMilliseconds
        filter.since = try TimeArgument.milliseconds(options, "since", now: now)
        filter.until = try TimeArgument.milliseconds(options, "until", now: now)
        let limit = try options.number("limit", least: 1)
        let names = try sides(options, filter, verb)
        if verb == .show, filter.ids.isEmpty { throw UsageError("say which: dead show ID (dead list shows them)") }
        if verb == .drop, filter.isEmpty, !options.has("all") {
            throw UsageError("drop gives events up for good: name ids, --code, --since or --until, or say --all")
        }
        if options.has("new-id"), verb != .retry { throw UsageError("--new-id goes with retry") }
        let listing = DeadListing(isJSON: options.has("json"))
        do {
            var missing = Set(filter.ids)
            var isWell = true
            for name in names {
                let side: any DeadSide =
                    name == "outbox" ? OutboxSide(socket: settings.control.socket) : try MongoSide(settings)
                switch verb {
                case .list: try listing.list(side, filter, limit: limit ?? 100)
                case .show:
                    try side.forEach(filter, withValues: true) {
                        missing.remove($0.id)
                        listing.show($0, of: side.name)
                        return true
                    }
                case .retry, .drop:
                    let progress = try move(
                        verb, side, filter, limit: limit ?? .max, newIDs: options.has("new-id"), listing)
                    missing.subtract(progress.ids)
                    if progress.tally.refused > 0 { isWell = false }
                }
            }
            guard verb != .list else { return 0 }
            for id in missing.sorted() { Terminal.complain("clickd dead: there is no letter \(Log.escaped(id))") }
            return isWell && missing.isEmpty ? 0 : 1
        } catch let error as DeadFailure {
            Terminal.complain("clickd dead: \(error.description)")
            return 1
        }
    }

    /// Which sides are meant: as said; else as the ids look; a list without either is of both.
    private static func sides(_ options: Options, _ filter: DeadFilter, _ verb: Verb) throws(UsageError) -> [String] {
        let areMongo = filter.ids.allSatisfy { DeadLetters.isID($0) }
        let areOutbox = filter.ids.allSatisfy { Int64($0) != nil }
        let name: String
        switch options["side"] {
        case "outbox"?: name = "outbox"
        case "mongodb"?: name = "mongodb"
        case let other?: throw UsageError("--side takes outbox or mongodb, not \"\(other)\"")
        case nil where filter.ids.isEmpty:
            guard verb == .list else { throw UsageError("say where: --side outbox or --side mongodb") }
            return ["outbox", "mongodb"]
        case nil: name = areOutbox ? "outbox" : "mongodb"
        }
        guard name == "outbox" ? areOutbox : areMongo else {
            throw UsageError(
                "ids of the outbox are numbers, those of mongodb are topic/partition/offset; one side at a time")
        }
        return [name]
    }

    private static func move(
        _ verb: Verb, _ side: any DeadSide, _ filter: DeadFilter, limit: Int, newIDs: Bool, _ listing: DeadListing
    ) throws -> DeadProgress {
        var progress = DeadProgress()
        let total = min(limit, try side.count(filter))
        var bar = Progress(total: total, what: verb == .retry ? "retried" : "dropped")
        let show: (Int) -> Void = { bar.show(done: $0, events: $0) }
        do {
            if verb == .retry {
                try side.retry(filter, limit: limit, newIDs: newIDs, &progress, show)
            } else {
                try side.drop(filter, limit: limit, &progress, show)
            }
        } catch {
            bar.end()
            // What was done stays done, whatever ended it.
            listing.say(progress, of: side.name)
            throw DeadFailure(description: "\(error)")
        }
        bar.end()
        listing.say(progress, of: side.name)
        return progress
    }

    private static func trimmed(_ text: Substring) -> String { String(text.filter { $0 != " " }) }
}
