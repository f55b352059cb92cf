// `clickd erase --visitor ID`: shows what there is of a person; with --yes it is erased, and what comes later of what was
// received until an hour from now too. Each step says how it went. The order makes dying between two of them harmless:
// the suppression first, then the marks, so that the roll-up writer alone would finish it; doing it again is the remedy.
import Events
import Kafka
import Linux
import Mongo
import Pipeline
import Rollups
import Settings

enum EraseCommand {
    /// What is on its way may be received a little later still.
    private static let grace: Int64 = 3_600_000
    /// An outbox is taken to be sent within this, on every host.
    private static let outboxDays: Int64 = 30
    private static let day: Int64 = 86_400_000

    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        guard let text = options["visitor"], let visitor = ErasedVisitor(text) else {
            throw UsageError("say who: erase --visitor ID (a:…, u:…, or an id that may be either)")
        }
        let writer = try RollupWriter(
            .init(
                uri: settings.mongodb.uri.revealed, database: settings.mongodb.database,
                collection: settings.mongodb.collection, retain: settings.mongodb.retain, host: settings.host.name))
        try writer.prepare()
        let now = WallClock.nowMilliseconds
        let kept = kafkaDays(settings)
        let suppression = Suppression(
            visitor: visitor, before: now + grace, until: kept.map { now + grace + ($0 + outboxDays) * day })
        let found = try writer.suppressions.find(suppression)
        let letters = try writer.suppressions.letters(suppression)
        Terminal.print("visitor \(text)")
        say("events", found.events, found.first.map { "\(date($0)) to \(date(found.last ?? $0)), by event time" })
        say("dead letters", letters.count, "in MongoDB")
        let aside = outboxLetters(suppression, settings)
        if let aside { say("dead letters", aside.count, "in this host's outbox") }
        if !found.others.isEmpty {
            let shown = found.others.sorted().prefix(10).joined(separator: " ")
            Terminal.print("  these events carry other ids too, which are not erased by themselves: \(shown)")
        }
        guard options.has("yes") else {
            Terminal.print("nothing was changed; --yes erases it")
            return 0
        }
        try erase(writer, suppression, found, letters, settings)
        return eraseOutbox(aside, settings) ? 0 : 1
    }

    private static func erase(
        _ writer: RollupWriter, _ suppression: Suppression, _ found: Suppressions.Found, _ letters: [BSONValue],
        _ settings: Settings
    ) throws {
        try writer.suppressions.write(suppression)
        let until = suppression.until.map { "until \(date($0))" } ?? "for ever: the topic keeps its events for ever"
        done(
            "suppressed",
            "what was received before \(time(suppression.before)), and comes later, goes too; kept \(until)")
        // No event is marked for the first time: a frozen minute counts none of them as late.
        try writer.marks.mark(Dictionary(uniqueKeysWithValues: found.places.map { ($0, 0) }))
        done("marked", "\(found.places.count) minutes and days to be rolled up again")
        // Some the roll-up writer may have deleted already: what counts is that none is left.
        try writer.suppressions.deleteEvents(suppression)
        done("events", "\(Format.count(found.events)) deleted")
        done("dead letters", "\(try writer.suppressions.deleteLetters(letters)) deleted")
        let people = try People(writer.connection, database: settings.mongodb.database)
        done("links", "\(try people.remove(suppression.visitor)) deleted between user and visitor ids")
        guard try found.places.isEmpty || rollUp(writer, found.places) else {
            Terminal.print("  roll-ups: not finished yet; a running clickd goes on with them by itself")
            return
        }
        done("roll-ups", "made anew without these events")
        if let frozen = RollupPlan.frozenBefore(retain: settings.mongodb.retain, now: WallClock.nowMilliseconds) {
            Terminal.print(
                "  roll-ups before \(date(frozen)) cannot be made anew (mongodb.retain): they count this visitor on")
        }
    }

    /// Works, or lets the daemon that has the lease work, until none of these marks is left, at most two minutes.
    private static func rollUp(_ writer: RollupWriter, _ places: Set<SegmentPlace>) throws -> Bool {
        let deadline = Monotonic.now.adding(milliseconds: 120_000)
        defer { try? writer.release() }
        while Monotonic.now < deadline {
            guard try writer.marks.all().contains(where: { places.contains($0.place) }) else { return true }
            if try !writer.turn(milliseconds: 500) { usleep(200_000) }
        }
        return false
    }

    /// How long Kafka keeps an event, in whole days; nil for ever. Where it does not say, a week, its own default.
    private static func kafkaDays(_ settings: Settings) -> Int64? {
        guard settings.pipeline.mode == .kafka else { return 0 }
        var properties: ClientProperties = ["bootstrap.servers": settings.kafka.brokers, "client.id": "clickd-erase"]
        for property in settings.kafka.client { properties.set(property.name, property.value) }
        guard let admin = try? Admin.open(properties),
            let topic = try? admin.topicConfiguration(settings.kafka.topic, timeoutMilliseconds: 5000),
            let kept = topic["retention.ms"].flatMap({ Int64($0) })
        else { return 7 }
        return kept < 0 ? nil : kept / day + 1
    }

    // MARK: Words

    private static func say(_ what: String, _ count: Int, _ more: String?) {
        let tail = more.map { "  " + $0 } ?? ""
        Terminal.print("  " + Format.padded(what, 14) + Format.right(Format.count(count), 12) + (count > 0 ? tail : ""))
    }

    private static func done(_ what: String, _ text: String) {
        Terminal.print("  " + Format.padded(what, 14) + text)
    }

    /// Their dead letters in this host's outbox, found through its daemon; nil where none answers, which is said.
    private static func outboxLetters(_ suppression: Suppression, _ settings: Settings) -> [String]? {
        guard settings.pipeline.runsIntake else { return [] }
        var ids: [String] = []
        do {
            try OutboxSide(socket: settings.control.socket).forEach(DeadFilter(), withValues: true) { letter in
                if suppression.ownsLetter(key: letter.key, value: letter.value, setAside: letter.first) {
                    ids.append(letter.id)
                }
                return true
            }
            return ids
        } catch {
            Terminal.print("  the dead letters of this host's outbox were not looked at: \(error)")
            return nil
        }
    }

    /// Gives them up there; false where they could not be.
    private static func eraseOutbox(_ ids: [String]?, _ settings: Settings) -> Bool {
        guard let ids, !ids.isEmpty else { return true }
        var progress = DeadProgress()
        var filter = DeadFilter()
        filter.ids = ids
        do {
            try OutboxSide(socket: settings.control.socket).drop(filter, limit: .max, &progress) { _ in }
            done("dead letters", "\(progress.tally.dropped) deleted in this host's outbox")
            return true
        } catch {
            Terminal.complain("clickd erase: the outbox's dead letters: \(error)")
            return false
        }
    }

    private static func date(_ milliseconds: Int64) -> String {
        String(decoding: EventTime.text(milliseconds).prefix(10), as: UTF8.self)
    }

    private static func time(_ milliseconds: Int64) -> String {
        String(decoding: EventTime.text(milliseconds).prefix(16), as: UTF8.self) + "Z"
    }
}
