// The roll-up writer: reads marks, reads the raw events of each marked stretch whole, from the primary and by majority,
// writes its segment, and takes away exactly the marks it had read. Then merges minutes to hours and hours to days.
// Dying between any two of these repeats work and changes no number. One thread, one client; the lease keeps it alone.
import Linux
import Mongo

public final class RollupWriter {
    public struct Settings: Sendable {
        public var uri: String
        public var database: String
        public var collection: String
        public var retain: Duration?
        public var host: String

        public init(uri: String, database: String, collection: String, retain: Duration?, host: String) {
            self.uri = uri
            self.database = database
            self.collection = collection
            self.retain = retain
            self.host = host
        }
    }

    /// Places a test stops at, as a crash would: before the thing named is done.
    public enum CrashPoint: CaseIterable, Sendable { case read, people, write, remove, merge }

    /// Rows read at once; a stretch of more is read in shorter ones, and the present looked after in between.
    private static let maxRows = 250_000
    private let settings: Settings
    private let client: MongoClient
    /// For what else is done beside it, on its thread.
    public var connection: MongoClient { client }
    private let events: MongoCollection
    private let state: MongoCollection
    private let store: SegmentStore
    private let people: People
    public let marks: RollupMarks
    public let suppressions: Suppressions
    /// As of this turn.
    private var suppressed: [Suppression] = []
    private var lettersSearched: Int64 = 0
    private let lease: RollupLease
    private var plan = RollupPlan()
    private var lastMergeLook: Int64 = 0
    private var lastLook: Int64 = 0
    private let crash: (CrashPoint) throws(MongoError) -> Void
    private let onRead: () -> Void

    /// `onRead` is called every few thousand events of a long read: a sign of life.
    public init(
        _ settings: Settings, onRead: @escaping () -> Void = {},
        crash: @escaping (CrashPoint) throws(MongoError) -> Void = { _ throws(MongoError) in }
    ) throws(MongoError) {
        self.settings = settings
        self.onRead = onRead
        self.crash = crash
        client = try MongoClient.open(uri: settings.uri)
        events = try client.collection(database: settings.database, settings.collection)
        state = try client.collection(database: settings.database, RollupNames.state)
        store = try SegmentStore(client, database: settings.database)
        people = try People(client, database: settings.database)
        marks = try RollupMarks(client, database: settings.database)
        suppressions = try Suppressions(client, database: settings.database, events: settings.collection)
        lease = try RollupLease(client, database: settings.database, host: settings.host)
    }

    public func prepare() throws(MongoError) { try store.prepare() }

    /// Works for about `milliseconds` at most. False where there is nothing to do now, or another process does it.
    public func turn(milliseconds: Int = 2000, now: Int64 = WallClock.nowMilliseconds) throws(MongoError) -> Bool {
        guard try lease.keep() else { return false }
        let deadline = Monotonic.now.adding(milliseconds: milliseconds)
        let due = plan.ordered(try marks.all(), at: now).filter { plan.isDue($0, at: now) }
        var didWork = false
        try suppress(now)
        for mark in due where Monotonic.now < deadline {
            didWork = true
            try rollUp(mark, now)
        }
        // However much is marked, merging has its turn.
        if now - lastMergeLook >= 10_000, Monotonic.now < deadline || now - lastMergeLook >= 60_000 {
            lastMergeLook = now
            didWork = try merge(now, until: Monotonic.now.adding(milliseconds: milliseconds)) || didWork
        }
        return didWork
    }

    /// The first and last instant that events or roll-ups speak of, ms since 1970; nil where there is nothing.
    public func extent() throws(MongoError) -> (first: Int64, last: Int64)? {
        let heads = try store.heads()
        var times = [heads.map(\.place.start).min(), heads.map { $0.place.end - 1 }.max()].compactMap { $0 }
        for direction in [1, -1] as [Int64] {
            let found = try events.findOne([:], projection: ["ts": 1], sort: ["ts": .integer(direction)])
            if let time = found?.dateMilliseconds("ts") { times.append(time) }
        }
        guard let first = times.min(), let last = times.max() else { return nil }
        return (first, last)
    }

    public func release() throws(MongoError) { if lease.term != nil { try lease.release() } }

    /// Reads which erasures still work, after the marks: a mark that an erasure made finds it here. Once a minute their
    /// newer dead letters go, and those erasures that have ended.
    private func suppress(_ now: Int64) throws(MongoError) {
        suppressed = try suppressions.all()
        guard !suppressed.isEmpty, now - lettersSearched >= 60_000 else { return }
        for suppression in suppressed {
            _ = try suppressions.deleteLetters(suppressions.letters(suppression, since: lettersSearched - 120_000))
            if let until = suppression.until, until <= now {
                try suppressions.finish(suppression) { () throws(MongoError) in try signOfLife() }
            }
        }
        lettersSearched = now
    }

    // MARK: Rolling up

    private func rollUp(_ mark: RollupMark, _ now: Int64) throws(MongoError) {
        if let frozen = RollupPlan.frozenBefore(retain: settings.retain, now: now), mark.place.start < frozen {
            for suppression in suppressed {
                try suppressions.deleteEvents(suppression, from: mark.place.start, to: mark.place.end)
            }
            return try countLate(mark)
        }
        let start = Monotonic.now
        // The mark was read before: what is written from here on marks anew.
        let readAt = WallClock.nowMilliseconds
        try recompute(mark.place)
        try crash(.remove)
        try marks.remove([mark], readAt: readAt)
        plan.didWork(mark.place, at: now, cost: Int64(Monotonic.milliseconds(from: start, to: .now)))
    }

    /// Makes the segment of `place` anew from raw events.
    public func recompute(_ place: SegmentPlace) throws(MongoError) {
        if place.level > .minute, try isLarge(place) {
            let shorter: SegmentLevel = place.level == .day ? .hour : .minute
            for minute in stride(
                from: place.minute, to: place.minute + place.level.minutes, by: Int64.Stride(shorter.minutes))
            {
                try recompute(SegmentPlace(shorter, minute: minute))
                try lookAfterPresent()
            }
            return
        }
        try crash(.read)
        var builder = SegmentBuilder(place)
        var links: [String: People.Link] = [:]
        let cursor = try events.find(
            ["ts": ["$gte": .date(place.start), "$lt": .date(place.end)]], projection: FactReader.projection,
            batchSize: 10_000)
        var count = 0
        var erased: [String] = []
        while let document = try cursor.next() {
            count += 1
            if count % 10_000 == 0 { try signOfLife() }
            if !suppressed.isEmpty, suppressed.contains(where: { $0.covers(document) }) {
                if let id = document.string("_id") { erased.append(id) }
                continue
            }
            guard let fact = FactReader.read(document) else { continue }
            builder.add(fact)
            if let user = fact.user, let visitor = fact.visitor, !fact.context.isRobot {
                let link = People.Link(time: fact.time, visitor: visitor)
                links[user] = max(links[user] ?? link, link)
            }
        }
        _ = try suppressions.delete(erased)
        let segment = builder.finish()
        try crash(.people)
        try people.add(links)
        try crash(.write)
        // An empty one is there only to cover what a longer segment says.
        var isNeeded = segment.rowCount > 0
        if !isNeeded { isNeeded = try store.isCovering(place) }
        try store.replace([(segment, isNeeded)], lease)
    }

    /// Between the parts of a long stretch: rolls up what is due of the last hour.
    private func lookAfterPresent() throws(MongoError) {
        try signOfLife()
        let now = WallClock.nowMilliseconds
        guard now - lastLook >= 1000 else { return }
        lastLook = now
        for mark in try marks.present(now) where plan.isDue(mark, at: now) { try rollUp(mark, now) }
    }

    /// A long read outlives neither the watchdog nor the lease.
    private func signOfLife() throws(MongoError) {
        onRead()
        _ = try lease.keep()
    }

    private func isLarge(_ place: SegmentPlace) throws(MongoError) -> Bool {
        let cursor = try events.aggregate([
            ["$match": ["ts": ["$gte": .date(place.start), "$lt": .date(place.end)]]],
            ["$limit": .integer(Int64(RollupWriter.maxRows + 1))], ["$count": "n"],
        ])
        return try cursor.next()?.integer("n") ?? 0 > RollupWriter.maxRows
    }

    /// Events that came too late: counted apart, with their mark, once.
    private func countLate(_ mark: RollupMark) throws(MongoError) {
        let collection = try client.collection(database: settings.database, RollupNames.marks)
        try client.transaction { (transaction) throws(MongoError) in
            try lease.hold(in: transaction, state)
            let removed = try transaction.write(
                collection, [.deleteOne(["_id": RollupMarks.id(mark.place), "token": .int64(mark.token)])])
            guard removed.deleted == 1 else { return }
            try transaction.write(
                state,
                [
                    .updateOne(
                        ["_id": "late"], update: ["$inc": ["frozen": .int64(mark.events)]], upsert: true)
                ])
        }
    }

    // MARK: Merging

    private func merge(_ now: Int64, until deadline: Monotonic) throws(MongoError) -> Bool {
        let places = plan.merges(try store.heads(), at: now)
        for place in places where Monotonic.now < deadline {
            let start = Monotonic.now
            let segments = try store.load(within: place)
            // Part after part of one place is no reason to write it again.
            if segments.contains(where: { $0.place.level < place.level }) {
                try crash(.merge)
                try store.replace([(Segment.merge(segments, into: place), true)], lease)
            }
            plan.didWork(place, at: now, cost: Int64(Monotonic.milliseconds(from: start, to: .now)))
        }
        return !places.isEmpty
    }

    /// Merges what can be merged as of `now`, to the end: for `rollup rebuild` and tests.
    public func mergeAll(now: Int64 = WallClock.nowMilliseconds) throws(MongoError) {
        guard try lease.take() else { return }
        _ = try merge(now, until: Monotonic(nanoseconds: .max))
    }
}
