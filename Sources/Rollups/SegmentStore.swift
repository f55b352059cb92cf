// Segments in MongoDB: read as of one instant, so that a report never sees half of a change; changed in a transaction
// that holds only while the writer's lease does. Belongs to its client's thread.
import Linux
import Mongo

public struct SegmentHead: Sendable {
    public let place: SegmentPlace
    public let rows: Int
    public let robots: Int
    public let nobody: Int
}

public final class SegmentStore {
    private let client: MongoClient
    private let collection: MongoCollection
    private let state: MongoCollection

    public init(_ client: MongoClient, database: String) throws(MongoError) {
        self.client = client
        collection = try client.collection(database: database, RollupNames.segments)
        state = try client.collection(database: database, RollupNames.state)
    }

    /// Makes the indexes of every roll-up collection.
    public func prepare() throws(MongoError) {
        try collection.createIndexes([MongoIndex(["_id.s": 1, "_id.l": -1, "_id.p": 1], name: "place")])
        try client.collection(database: collection.database, RollupNames.marks).createIndexes([
            MongoIndex(["_id.s": -1], name: "place")
        ])
        try client.collection(database: collection.database, RollupNames.people).createIndexes([
            MongoIndex(["at": 1], name: "changed")
        ])
    }

    // MARK: Reading

    /// Which segments touch [from, to), ms since 1970, one entry a document, in the order of their places.
    public func heads(from: Int64 = .min, to: Int64 = .max) throws(MongoError) -> [SegmentHead] {
        let cursor = try collection.find(
            SegmentStore.touching(from, to), projection: ["n": 1, "robots": 1, "nobody": 1],
            sort: ["_id.s": 1, "_id.l": -1], batchSize: 10_000)
        var heads: [SegmentHead] = []
        while let found = try cursor.next() {
            guard let place = Segment.place(found) else { continue }
            heads.append(
                SegmentHead(
                    place: place, rows: Int(clamping: found.integer("n") ?? 0),
                    robots: Int(clamping: found.integer("robots") ?? 0),
                    nobody: Int(clamping: found.integer("nobody") ?? 0)))
        }
        return heads
    }

    /// Every segment that touches [from, to), each once, in time's order, none covering another; a damaged one throws.
    /// With `columns` alone; `visit` may end the walk by throwing. A thread reads ahead: until this returns the client is
    /// that thread's, `prepare` runs on it, and `visit` must not use it.
    public func forEach(
        from: Int64, to: Int64, columns: SegmentColumns,
        prepare: @escaping (Segment) throws(MongoError) -> Segment = { (segment) throws(MongoError) in segment },
        _ visit: (Segment) throws(MongoError) -> Void
    ) throws(MongoError) {
        let ahead = ReadAhead<Segment>(SegmentStore.readAhead)
        nonisolated(unsafe) let (store, prepare) = (self, prepare)
        let thread: NamedThread
        do throws(SystemError) {
            thread = try NamedThread.start("read-ahead") {
                do throws(MongoError) {
                    try store.read(from: from, to: to, columns: columns) { (segment) throws(MongoError) in
                        ahead.give(try prepare(segment))
                    }
                    ahead.finish(nil)
                } catch { ahead.finish(error) }
            }
        } catch { throw MongoError("read roll-ups", .other(0), 0, error.text, .retry) }
        defer {
            ahead.stop()
            thread.join()
        }
        while let segment = try ahead.next() { try visit(segment) }
    }

    private static let readAhead = 3

    /// Ends where `visit` says false.
    private func read(
        from: Int64, to: Int64, columns: SegmentColumns, _ visit: (Segment) throws(MongoError) -> Bool
    ) throws(MongoError) {
        let cursor = try collection.find(
            SegmentStore.touching(from, to), projection: columns.projection,
            sort: ["_id.s": 1, "_id.l": -1, "_id.p": 1],
            snapshot: true)
        // Segments of one day that share a stretch are merged before they are seen.
        var gathered: [Segment] = []
        while let found = try cursor.next() {
            guard let segment = Segment(found) else { throw SegmentStore.damaged(found) }
            if let first = gathered.first, !first.place.holds(segment.place) {
                for segment in Segment.merged(gathered) where try !visit(segment) { return }
                gathered = []
            }
            gathered.append(segment)
        }
        for segment in Segment.merged(gathered) where try !visit(segment) { return }
    }

    private static func damaged(_ document: BSONView) -> MongoError {
        let place = Segment.place(document)
        return MongoError(
            "read a roll-up", .bson, 0,
            "the roll-up of minute \(place?.minute ?? 0) is damaged: clickd rollup rebuild makes it anew", .giveUp)
    }

    private static func touching(_ from: Int64, _ to: Int64) -> BSONDocument {
        let low = max(from, -1 << 52)
        let high = min(to, 1 << 52)
        let end = SegmentPlace.minute(of: high - 1) + 1
        let levels = SegmentLevel.allCases.map { level -> BSONValue in
            let start = SegmentPlace(level, holding: SegmentPlace.minute(of: low)).minute
            return ["_id.l": .int64(Int64(level.rawValue)), "_id.s": ["$gte": .int64(start), "$lt": .int64(end)]]
        }
        return ["$or": .array(levels)]
    }

    /// The segments of these places, whole.
    func load(within place: SegmentPlace) throws(MongoError) -> [Segment] {
        let cursor = try collection.find(
            [
                "_id.s": ["$gte": .int64(place.minute), "$lt": .int64(place.minute + place.level.minutes)],
                "_id.l": ["$lte": .int64(Int64(place.level.rawValue))],
            ],
            sort: ["_id.s": 1, "_id.l": -1, "_id.p": 1], snapshot: true)
        var segments: [Segment] = []
        while let found = try cursor.next() {
            guard let segment = Segment(found) else { throw SegmentStore.damaged(found) }
            segments.append(segment)
        }
        return segments
    }

    /// Whether a longer segment says something of this place's stretch.
    func isCovering(_ place: SegmentPlace) throws(MongoError) -> Bool {
        for level in SegmentLevel.allCases where level > place.level {
            let upper = SegmentPlace(level, holding: place.minute)
            if try collection.findOne(["_id": Segment.id(upper, part: 0)], projection: ["_id": 1]) != nil {
                return true
            }
        }
        return false
    }

    // MARK: Changing

    /// Puts each segment in the place of whatever is there, shorter ones within it included, all or none, and only
    /// while `lease` holds; `isNeeded` false: an empty one, which leaves nothing behind.
    func replace(_ segments: [(segment: Segment, isNeeded: Bool)], _ lease: RollupLease) throws(MongoError) {
        var writes: [MongoWrite] = []
        for (segment, isNeeded) in segments {
            let place = segment.place
            writes.append(
                .deleteMany([
                    "_id.s": ["$gte": .int64(place.minute), "$lt": .int64(place.minute + place.level.minutes)],
                    "_id.l": ["$lte": .int64(Int64(place.level.rawValue))],
                ]))
            if isNeeded { writes.append(contentsOf: segment.documents().map(MongoWrite.insert)) }
        }
        try client.transaction { (transaction) throws(MongoError) in
            try lease.hold(in: transaction, state)
            try transaction.write(collection, writes)
        }
    }
}

extension Segment {
    /// Segments within the first one's stretch, as ones that do not touch: where a shorter one lies in a longer one,
    /// the longest is made anew with what the shorter ones say.
    package static func merged(_ segments: [Segment]) -> [Segment] {
        guard segments.count > 1, let first = segments.first else { return segments }
        return [merge(segments, into: first.place)]
    }

    /// One segment of all the rows that count: a shorter segment covers its stretch in longer ones.
    package static func merge(_ segments: [Segment], into place: SegmentPlace) -> Segment {
        var covered: [SegmentLevel: Set<Int64>] = [:]
        for segment in segments { covered[segment.place.level, default: []].insert(segment.place.minute) }
        var builder = SegmentBuilder(place)
        for segment in segments {
            let shorter = SegmentLevel.allCases.filter { $0 < segment.place.level && covered[$0] != nil }
            builder.add(segment) { minute in
                shorter.contains { covered[$0]?.contains(SegmentPlace($0, holding: minute).minute) == true }
            }
        }
        return builder.finish()
    }
}

extension SegmentStore {
    public struct Sums: Sendable, Equatable {
        public var rows = 0
        public var robots = 0
        public var nobody = 0
        /// Documents.
        public var segments = 0
    }

    /// How many events all segments hold. Only stretches that more than one segment speaks of are read.
    public func sums() throws(MongoError) -> Sums {
        var sums = Sums()
        var group: [SegmentHead] = []
        func finish() throws(MongoError) {
            guard let first = group.first else { return }
            if group.contains(where: { $0.place != first.place }) {
                for segment in Segment.merged(try load(within: first.place)) {
                    sums.rows += segment.rowCount
                    sums.robots += segment.robotCount
                    sums.nobody += segment.rowCount - segment.runs.reduce(0) { $0 + Int($1) }
                }
            } else {
                for head in group {
                    sums.rows += head.rows
                    sums.robots += head.robots
                    sums.nobody += head.nobody
                }
            }
            group = []
        }
        for head in try heads() {
            sums.segments += 1
            if let first = group.first, !first.place.holds(head.place) { try finish() }
            group.append(head)
        }
        try finish()
        return sums
    }
}
