// Erasures that still work: `{_id: the id as given, id, before, until}`. Events of an erased visitor may still lie in
// Kafka or in an outbox and come later; each of them marks its minute like any other, and the roll-up writer, which
// reads that minute, deletes them and counts none of them. So nothing stands in the way of events, and nobody searches
// the collection again and again. What was received after `before` is a customer who came back. Once `until` has passed
// (nothing older can come any more) everything is searched one last time, and the suppression goes.
import Linux
import Mongo

public struct Suppression: Sendable, Equatable {
    public let visitor: ErasedVisitor
    /// Events received before this are erased; ms since 1970.
    public let before: Int64
    /// nil: for ever.
    public let until: Int64?

    public init(visitor: ErasedVisitor, before: Int64, until: Int64?) {
        self.visitor = visitor
        self.before = before
        self.until = until
    }

    /// Whether a dead letter is to be deleted. When it was received stands in it; where it does not, when it was set aside
    /// is the nearest.
    public func ownsLetter(key: [UInt8], value: [UInt8], setAside: Int64) -> Bool {
        visitor.ownsLetter(key: key, value: value) && (ReceivedAt.read(value) ?? setAside) < before
    }

    /// Whether an event is to be deleted.
    func covers(_ event: BSONView) -> Bool {
        (event.dateMilliseconds("receivedAt") ?? .min) < before && visitor.owns(event)
    }
}

public final class Suppressions {
    private let collection: MongoCollection
    private let deadLetters: MongoCollection
    private let events: MongoCollection

    /// `events`: their collection.
    public init(_ client: MongoClient, database: String, events: String) throws(MongoError) {
        collection = try client.collection(database: database, RollupNames.suppressions)
        deadLetters = try client.collection(database: database, "dead_letters")
        self.events = try client.collection(database: database, events)
    }

    /// Written by majority. Erasing again moves both times on, and never back.
    public func write(_ suppression: Suppression) throws(MongoError) {
        let id = BSONValue.string(suppression.visitor.text)
        // Without an end there is none, whatever was said before.
        let until: BSONValue = suppression.until.map(BSONValue.date) ?? .date(.max)
        _ = try collection.updateOne(
            ["_id": id], ["$set": ["id": id], "$max": ["before": .date(suppression.before), "until": until]],
            upsert: true)
    }

    public func all() throws(MongoError) -> [Suppression] {
        let cursor = try collection.find([:])
        var all: [Suppression] = []
        while let found = try cursor.next() {
            guard let visitor = found.string("id").flatMap({ ErasedVisitor($0) }),
                let before = found.dateMilliseconds("before")
            else { continue }
            let until = found.dateMilliseconds("until").flatMap { $0 == .max ? nil : $0 }
            all.append(Suppression(visitor: visitor, before: before, until: until))
        }
        return all
    }

    /// Deletes events by their ids; how many were there.
    func delete(_ ids: [String]) throws(MongoError) -> Int {
        var deleted = 0
        for start in stride(from: 0, to: ids.count, by: 1000) {
            let some = ids[start..<min(start + 1000, ids.count)].map(BSONValue.string)
            deleted += try events.deleteMany(["_id": ["$in": .array(some)]]).deleted
        }
        return deleted
    }

    /// What an erasure would find.
    public struct Found: Sendable, Equatable {
        public var events = 0
        /// ms since 1970.
        public var first: Int64?
        public var last: Int64?
        /// What is to be rolled up again.
        public var places: Set<SegmentPlace> = []
        /// Other ids that these events carry: `a:…` and `u:…`.
        public var others: Set<String> = []
    }

    /// Visits the days that have events, [from, to) of event time: the index on time serves each, none takes long.
    private func forEachDay(_ visit: (Int64, Int64) throws(MongoError) -> Void) throws(MongoError) {
        var edges: [Int64] = []
        for direction in [1, -1] as [Int64] {
            let found = try events.findOne([:], projection: ["ts": 1], sort: ["ts": .integer(direction)])
            if let time = found?.dateMilliseconds("ts") { edges.append(time) }
        }
        guard let first = edges.first, let last = edges.last else { return }
        var day = SegmentPlace(.day, holding: SegmentPlace.minute(of: first))
        while day.start <= last {
            try visit(day.start, day.end)
            day = SegmentPlace(.day, minute: day.minute + SegmentLevel.day.minutes)
        }
    }

    private func filter(_ suppression: Suppression, _ from: Int64, _ to: Int64) -> BSONDocument {
        var filter = suppression.visitor.filter(before: suppression.before)
        filter.append("ts", ["$gte": .date(from), "$lt": .date(to)])
        return filter
    }

    /// `onDay` is a sign of life.
    public func find(_ suppression: Suppression, onDay: () -> Void = {}) throws(MongoError) -> Found {
        var result = Found()
        try forEachDay { (from, to) throws(MongoError) in
            onDay()
            let cursor = try events.find(
                filter(suppression, from, to), projection: ["ts": 1, "userId": 1, "anonymousId": 1], batchSize: 10_000)
            var times: [Int64] = []
            while let found = try cursor.next() {
                guard let time = found.dateMilliseconds("ts") else { continue }
                times.append(time)
                if let user = found.string("userId") { result.others.insert("u:" + user) }
                if let anonymous = found.string("anonymousId") { result.others.insert("a:" + anonymous) }
            }
            result.events += times.count
            result.first = [result.first, times.min()].compactMap { $0 }.min()
            result.last = [result.last, times.max()].compactMap { $0 }.max()
            result.places.formUnion(RollupMarks.places(times).keys)
        }
        result.others.subtract(suppression.visitor.visitors)
        return result
    }

    /// Deletes all their events; how many.
    @discardableResult
    public func deleteEvents(_ suppression: Suppression, onDay: () -> Void = {}) throws(MongoError) -> Int {
        var deleted = 0
        try forEachDay { (from, to) throws(MongoError) in
            onDay()
            deleted += try deleteEvents(suppression, from: from, to: to)
        }
        return deleted
    }

    /// Those within [from, to) of event time.
    @discardableResult
    func deleteEvents(_ suppression: Suppression, from: Int64, to: Int64) throws(MongoError) -> Int {
        try events.deleteMany(filter(suppression, from, to)).deleted
    }

    /// Their dead letters that were set aside since `since` and before the suppression ends.
    public func letters(_ suppression: Suppression, since: Int64 = 0) throws(MongoError) -> [BSONValue] {
        let cursor = try deadLetters.find(
            ["last": ["$gte": .date(since)]], projection: ["key": 1, "value": 1, "first": 1], batchSize: 500)
        var ids: [BSONValue] = []
        while let found = try cursor.next() {
            guard let id = found["_id"]?.asValue else { continue }
            let key = Array(found["key"]?.binary ?? .init(start: nil, count: 0))
            let value = Array(found["value"]?.binary ?? .init(start: nil, count: 0))
            let setAside = found.dateMilliseconds("first") ?? .min
            if suppression.ownsLetter(key: key, value: value, setAside: setAside) { ids.append(id) }
        }
        return ids
    }

    public func deleteLetters(_ ids: [BSONValue]) throws(MongoError) -> Int {
        var deleted = 0
        // Settled as a drop is (`clickd dead drop`): without its bytes, for its consumer's ledger.
        for id in ids {
            deleted += try deadLetters.updateOne(
                ["_id": id, "settled": ["$exists": false]],
                ["$set": ["settled": "dropped"], "$unset": ["value": "", "key": "", "reason": "", "code": ""]]
            ).modified
        }
        return deleted
    }

    /// Takes away what has ended, after a last search for what a frozen minute or a lost mark may have left.
    func finish(_ suppression: Suppression, onDay: () throws(MongoError) -> Void) throws(MongoError) {
        try forEachDay { (from, to) throws(MongoError) in
            try onDay()
            try deleteEvents(suppression, from: from, to: to)
        }
        _ = try deleteLetters(letters(suppression))
        _ = try collection.deleteOne([
            "_id": .string(suppression.visitor.text), "before": .date(suppression.before),
            "until": .date(suppression.until ?? .max),
        ])
    }
}
