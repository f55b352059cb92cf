// MongoDB's dead letters, for `clickd dead` and for the consumer that keeps them within their room. A retry writes the
// event again by the very writer that refused it; then the letter is settled: one update of its document takes its bytes
// away and says where it went, once, whoever else tries the same. The consumer of its partition moves the ledger by what is
// settled (SettledLetters). Dying in between leaves the letter, and the next retry finds the event it wrote (same place in
// Kafka): nothing is written or counted twice. Belongs to one thread.
import Events
import JSON
import Linux
import Mongo
import Rollups
import Settings

public final class DeadLetters {
    /// Letters, and about how many bytes of them, that are worked on together.
    private static let pieceLetters = 500
    private static let pieceBytes = 8 << 20

    /// What became of letters.
    public struct Tally: Sendable, Equatable {
        public var inserted = 0
        public var duplicates = 0
        public var refused = 0
        public var dropped = 0
        /// Gone meanwhile: somebody else did the same.
        public var gone = 0

        public init() {}
        public var all: Int { inserted + duplicates + refused + dropped + gone }
    }

    private let settings: MongoSettings
    private let group: String
    private let client: MongoClient
    private let letters: MongoCollection
    private let offsets: MongoCollection
    private let writer: EventWriter
    private let marks: RollupMarks

    /// `group`: the consumer group whose ledger the letters are in. `answerWithin`, `retries`: as of `MongoClient.open`.
    public init(
        _ settings: MongoSettings, group: String, answerWithin: Duration = .seconds(30), retries: Bool = true
    ) throws(MongoError) {
        self.settings = settings
        self.group = group
        client = try MongoClient.open(
            uri: settings.uri.revealed, serverSelectionTimeout: .seconds(3), socketTimeout: answerWithin,
            retries: retries)
        letters = try client.collection(database: settings.database, "dead_letters")
        offsets = try client.collection(database: settings.database, "offsets")
        marks = try RollupMarks(client, database: settings.database)
        do { writer = try EventWriter(settings: settings) } catch {
            throw MongoError("make a writer", .argument, 0, "\(error)", .giveUp)
        }
    }

    // MARK: Finding

    public func count(_ filter: DeadFilter) throws(MongoError) -> Int { try letters.count(document(filter)) }

    /// Hands on every letter that matches, in the order of their ids, until `body` says false.
    public func forEach(
        _ filter: DeadFilter, withValues: Bool, _ body: (DeadLetter) throws -> Bool
    ) throws {
        var projection: BSONDocument?
        // The size alone costs no transport.
        if !withValues {
            projection = [
                "code": 1, "reason": 1, "first": 1, "last": 1, "count": 1, "key": 1,
                "bytes": ["$binarySize": ["$ifNull": ["$value", .binary([])]]],
            ]
        }
        let cursor = try letters.find(document(filter), projection: projection, sort: ["_id": 1], batchSize: 200)
        while let found = try cursor.next() {
            guard let letter = DeadLetters.letter(found) else { continue }
            guard try body(letter) else { return }
        }
    }

    private func document(_ filter: DeadFilter, after: BSONValue? = nil) -> BSONDocument {
        var document: BSONDocument = ["settled": ["$exists": false]]
        var id = BSONDocument()
        if !filter.ids.isEmpty { id.append("$in", .array(filter.ids.compactMap(DeadLetters.key))) }
        if let after { id.append("$gt", after) }
        if !id.isEmpty { document.append("_id", .document(id)) }
        if !filter.codes.isEmpty { document.append("code", ["$in": .array(filter.codes.map(BSONValue.string))]) }
        var last = BSONDocument()
        if let since = filter.since { last.append("$gte", .date(since)) }
        if let until = filter.until { last.append("$lt", .date(until)) }
        if !last.isEmpty { document.append("last", .document(last)) }
        return document
    }

    /// `_id` of "topic/partition/offset"; nil for anything else.
    static func key(_ id: String) -> BSONValue? {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let partition = Int32(parts[1]), let offset = Int64(parts[2]) else { return nil }
        return key(String(parts[0]), partition, offset)
    }

    /// As `OffsetStore.keep` writes it.
    static func key(_ topic: String, _ partition: Int32, _ offset: Int64) -> BSONValue {
        ["topic": .string(topic), "partition": .integer(Int64(partition)), "offset": .int64(offset)]
    }

    /// Whether `id` may name a letter of MongoDB's.
    public static func isID(_ id: String) -> Bool { key(id) != nil }

    private static func letter(_ found: BSONView) -> DeadLetter? {
        guard let topic = found.string("_id.topic"), let partition = found.integer("_id.partition"),
            let offset = found.integer("_id.offset")
        else { return nil }
        let value = Array(found["value"]?.binary ?? .init(start: nil, count: 0))
        let first = found.dateMilliseconds("first") ?? 0
        return DeadLetter(
            id: "\(topic)/\(partition)/\(offset)", code: found.string("code") ?? "",
            reason: found.string("reason") ?? "", first: first, last: found.dateMilliseconds("last") ?? first,
            count: Int(found.integer("count") ?? 1), key: Array(found["key"]?.binary ?? .init(start: nil, count: 0)),
            value: value, valueBytes: found.integer("bytes").map { Int($0) } ?? value.count)
    }

    // MARK: Moving

    /// Writes letters again, piece by piece, each letter once; `onPiece` hears of each with the ids in it.
    public func retry(
        _ filter: DeadFilter, limit: Int, newIDs: Bool, onPiece: (Tally, [String]) -> Void
    ) throws(MongoError) {
        try forEachPiece(filter, limit: limit, withValues: true) { (piece) throws(MongoError) in
            onPiece(try retry(piece, newIDs: newIDs), piece.map(\.id))
        }
    }

    public func drop(
        _ filter: DeadFilter, limit: Int, onPiece: (Tally, [String]) -> Void
    ) throws(MongoError) {
        try forEachPiece(filter, limit: limit, withValues: false) { (piece) throws(MongoError) in
            var tally = Tally()
            try awaitCounted(piece)
            tally.dropped = try settle(piece, .dropped)
            tally.gone = piece.count - tally.dropped
            onPiece(tally, piece.map(\.id))
        }
    }

    private func forEachPiece(
        _ filter: DeadFilter, limit: Int, withValues: Bool, _ body: ([DeadLetter]) throws(MongoError) -> Void
    ) throws(MongoError) {
        var after: BSONValue?
        var left = limit
        while left > 0 {
            var piece: [DeadLetter] = []
            var bytes = 0
            let cursor = try letters.find(
                document(filter, after: after), projection: withValues ? nil : ["value": 0], sort: ["_id": 1],
                limit: min(left, DeadLetters.pieceLetters), batchSize: 100)
            while bytes < DeadLetters.pieceBytes, let found = try cursor.next() {
                after = found["_id"]?.asValue
                guard let letter = DeadLetters.letter(found) else { continue }
                bytes += letter.value.count
                piece.append(letter)
            }
            guard !piece.isEmpty else { return }
            left -= piece.count
            try body(piece)
        }
    }

    private func retry(_ piece: [DeadLetter], newIDs: Bool) throws(MongoError) -> Tally {
        try awaitCounted(piece)
        let outcomes = try write(piece, newIDs: newIDs)
        var tally = Tally()
        var inserted: [DeadLetter] = []
        var duplicates: [DeadLetter] = []
        for (letter, outcome) in zip(piece, outcomes) {
            switch outcome {
            case .inserted: inserted.append(letter)
            case .duplicate: duplicates.append(letter)
            case .dead(let code, let reason):
                tally.refused += 1
                _ = try letters.updateOne(
                    ["_id": DeadLetters.key(letter.id) ?? .null, "settled": ["$exists": false]],
                    [
                        "$set": [
                            "code": .string(code), "reason": .string(reason), "last": .date(WallClock.nowMilliseconds),
                        ], "$inc": ["count": 1],
                    ])
            case .waiting: tally.refused += 1
            }
        }
        tally.inserted = try settle(inserted, .inserted)
        tally.duplicates = try settle(duplicates, .duplicates)
        tally.gone = inserted.count + duplicates.count - tally.inserted - tally.duplicates
        return tally
    }

    /// Writes the letters' events and marks their minutes, as a consumer's writer does.
    private func write(_ piece: [DeadLetter], newIDs: Bool) throws(MongoError) -> [RecordOutcome] {
        let values = piece.map { letter in
            newIDs && letter.code == idConflictCode
                ? MessageID.replace(in: letter.value, by: DeadLetters.newID(letter.id)) ?? letter.value : letter.value
        }
        let total = zip(piece, values).reduce(64) { $0 + $1.0.key.count + $1.1.count }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: total, alignment: 16)
        defer { memory.deallocate() }
        var at = 0
        func lend(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
            let place = UnsafeMutableRawBufferPointer(rebasing: memory[at..<at + bytes.count])
            place.copyBytes(from: bytes)
            at += bytes.count
            return UnsafeRawBufferPointer(place)
        }
        let records = zip(piece, values).map { letter, value in
            let place = letter.id.split(separator: "/")
            return EventRecord(
                key: lend(letter.key), value: lend(value), partition: Int32(place[1]) ?? 0,
                offset: Int64(place[2]) ?? 0, timestampMilliseconds: letter.first)
        }
        let chunk = WriteChunk(records: records, generation: 0) {}
        try writer.write(chunk)
        try marks.mark(chunk.places)
        return chunk.outcomes
    }

    /// The same each time for one letter, so that a retry that died finds what it wrote.
    static func newID(_ id: String) -> String {
        let place = id.split(separator: "/")
        let topic = Array(place[0].utf8).withUnsafeBytes { CRC32C.checksum($0) }
        return "retried-\(String(topic, radix: 16))-\(place[1])-\(place[2])"
    }

    /// Takes the bytes of letters away and says where they went; how many were not settled before.
    private func settle(_ moved: [DeadLetter], _ place: SettledLetters.Place) throws(MongoError) -> Int {
        guard !moved.isEmpty else { return 0 }
        let ids = moved.compactMap { DeadLetters.key($0.id) }
        return try letters.updateMany(
            ["_id": ["$in": .array(ids)], "settled": ["$exists": false]], SettledLetters.change(place)
        ).modified
    }

    /// A letter is kept a moment before it is counted: waits until the offsets have passed all of them.
    private func awaitCounted(_ moved: [DeadLetter]) throws(MongoError) {
        let deadline = Monotonic.now.adding(milliseconds: 10_000)
        while try counted(moved).count < moved.count {
            guard Monotonic.now < deadline else {
                throw MongoError(
                    "move dead letters", .server, 0, "their consumer has not counted them yet; does it run?", .retry)
            }
            usleep(50_000)
        }
    }

    /// Those that the offsets have passed, or whose partition has none.
    private func counted(_ moved: [DeadLetter]) throws(MongoError) -> [DeadLetter] {
        let partitions = Set(moved.map { Array($0.id.split(separator: "/").dropLast()) })
        var next: [[Substring]: Int64] = [:]
        for partition in partitions {
            let id = OffsetStore.id(group, String(partition[0]), Int32(partition[1]) ?? 0)
            next[partition] = try offsets.findOne(["_id": id])?.integer("next") ?? .max
        }
        return moved.filter { letter in
            let place = letter.id.split(separator: "/")
            return Int64(place[2]) ?? 0 < next[Array(place.dropLast())] ?? 0
        }
    }

    // MARK: Room

    /// How full, from 0 to 1 and above, as MongoDB counts bytes.
    private func fullness() throws(MongoError) -> (share: Double, count: Int) {
        let stats = try client.runCommand(database: settings.database, ["collStats": "dead_letters"])
        let bytes = stats.integer("size").map(Double.init) ?? stats.double("size") ?? 0
        return (bytes / Double(settings.maxDeadBytes), Int(stats.integer("count") ?? 0))
    }

    func isNearlyFull() throws(MongoError) -> Bool { try fullness().share > 0.9 }

    /// Gives up some of the oldest letters where they take too much room; how many.
    func evict() throws(MongoError) -> Int {
        let (share, count) = try fullness()
        guard share > 1, count > 0 else { return 0 }
        // A twentieth of free room, by their mean size, at most a piece at a time.
        let excess = min(DeadLetters.pieceLetters, max(1, Int(Double(count) * (1 - 0.95 / share))))
        let cursor = try letters.find(
            ["settled": ["$exists": false]], projection: ["value": 0], sort: ["last": 1], limit: excess)
        var oldest: [DeadLetter] = []
        while let found = try cursor.next() { if let letter = DeadLetters.letter(found) { oldest.append(letter) } }
        return try settle(counted(oldest), .dropped)
    }
}
