// Marks: which minutes of event time changed and are to be rolled up again. A mark is a document a minute with a token
// that every marking makes anew; it goes away only together with the token that was read before the minute was read,
// so an event written in between keeps it. Marking comes after an event's own majority write and before its source
// lets go of it.
//
// Bounded, whoever forges timestamps for however long (MarkBudget): beside the last hour's minutes and a few hundred
// others, marks are hours of the last week and days of the last ten years.
import Linux
import Mongo

public struct RollupMark: Sendable, Equatable {
    public let place: SegmentPlace
    public let token: Int64
    /// Since when events may be missing in the roll-ups, ms since 1970.
    public let since: Int64
    /// Events it stands for, repeats too.
    public let events: Int64

    package init(place: SegmentPlace, token: Int64, since: Int64, events: Int64) {
        (self.place, self.token, self.since, self.events) = (place, token, since, events)
    }
}

public final class RollupMarks {
    private let collection: MongoCollection

    public init(_ client: MongoClient, database: String) throws(MongoError) {
        collection = try client.collection(database: database, RollupNames.marks)
    }

    /// What to mark for events at these times, with how many events each.
    public static func places(
        _ times: some Sequence<Int64>, _ budget: inout MarkBudget, now: Int64 = WallClock.nowMilliseconds
    ) -> [SegmentPlace: Int] {
        var minutes: [Int64: Int] = [:]
        for time in times { minutes[SegmentPlace.minute(of: time), default: 0] += 1 }
        var places: [SegmentPlace: Int] = [:]
        for minute in minutes.keys.sorted(by: >) {
            places[budget.place(minute, now: now), default: 0] += minutes[minute] ?? 0
        }
        return places
    }

    /// The same for events that nobody sends again and again.
    public static func places(_ times: some Sequence<Int64>) -> [SegmentPlace: Int] {
        var budget = MarkBudget()
        return places(times, &budget)
    }

    /// Marks, with fresh tokens, by majority. Doing it again is harmless.
    public func mark(_ places: [SegmentPlace: Int], now: Int64 = WallClock.nowMilliseconds) throws(MongoError) {
        guard !places.isEmpty else { return }
        var writes: [MongoWrite] = []
        for (place, events) in places {
            writes.append(
                .updateOne(
                    ["_id": RollupMarks.id(place)],
                    update: [
                        "$set": ["token": .int64(Int64.random(in: .min ... .max))], "$min": ["since": .date(now)],
                        "$inc": ["events": .int64(Int64(events))],
                    ], upsert: true))
        }
        let outcome = try collection.write(writes)
        guard let failure = outcome.failures.first else { return }
        // Two that made the same mark at once: one of them is told so, and tries again.
        throw MongoError("mark minutes", .server, failure.code, failure.text, .retry)
    }

    /// Every mark, the newest minute first.
    public func all(limit: Int = 10_000) throws(MongoError) -> [RollupMark] { try read([:], limit) }

    /// The marked minutes in which events of now fall.
    func present(_ now: Int64) throws(MongoError) -> [RollupMark] {
        let minute = SegmentPlace.minute(of: now)
        let range = MarkBudget.presentMinutes
        return try read(
            [
                "_id.l": .int64(Int64(SegmentLevel.minute.rawValue)),
                "_id.s": ["$gte": .int64(minute + range.lowerBound), "$lte": .int64(minute + range.upperBound)],
            ], range.count)
    }

    private func read(_ filter: BSONDocument, _ limit: Int) throws(MongoError) -> [RollupMark] {
        let cursor = try collection.find(filter, sort: ["_id.s": -1], limit: limit)
        var marks: [RollupMark] = []
        while let found = try cursor.next() {
            guard let place = Segment.place(found) else { continue }
            marks.append(
                RollupMark(
                    place: place, token: found.integer("token") ?? 0, since: found.dateMilliseconds("since") ?? 0,
                    events: found.integer("events") ?? 0))
        }
        return marks
    }

    /// Since when events may be missing in [from, to), ms since 1970; nil where nothing is marked there.
    public func oldest(from: Int64, to: Int64) throws(MongoError) -> Int64? {
        let low = SegmentPlace(.day, holding: SegmentPlace.minute(of: from)).minute
        let found = try collection.findOne(
            ["_id.s": ["$gte": .int64(low), "$lt": .int64(SegmentPlace.minute(of: to &- 1) + 1)]],
            projection: ["since": 1], sort: ["since": 1])
        return found?.dateMilliseconds("since")
    }

    /// Takes marks away that still have the token that was read. One marked anew in the meantime stays, and stands for
    /// what came since `readAt`.
    public func remove(_ marks: [RollupMark], readAt: Int64) throws(MongoError) {
        var writes: [MongoWrite] = []
        for mark in marks {
            let id = RollupMarks.id(mark.place)
            writes.append(.deleteOne(["_id": id, "token": .int64(mark.token)]))
            writes.append(
                .updateOne(
                    ["_id": id, "token": ["$ne": .int64(mark.token)]],
                    update: ["$max": ["since": .date(readAt)], "$inc": ["events": .int64(-mark.events)]]))
        }
        let outcome = try collection.write(writes)
        if let failure = outcome.failures.first {
            throw MongoError("take marks away", .server, failure.code, failure.text, .retry)
        }
    }

    static func id(_ place: SegmentPlace) -> BSONValue {
        ["s": .int64(place.minute), "l": .int64(Int64(place.level.rawValue))]
    }
}
