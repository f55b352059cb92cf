// Dead letters that have gone somewhere: their documents are left without bytes, `{_id, settled: where}`, until the consumer
// of their partition has moved its ledger by them. The move is one update of the offsets' document, which notes the letters
// it counts (`folding`); then they are deleted, then the note goes. Dying in between, and two consumers that both think the
// partition theirs, find the note and finish the same, and count nothing.
import Mongo

struct SettledLetters {
    enum Place: String { case inserted, duplicates, dropped }

    /// At once; the note must stay small.
    private static let most = 1000

    private let letters: MongoCollection
    private let offsets: MongoCollection
    private let group: String
    private let topic: String

    init(letters: MongoCollection, offsets: MongoCollection, group: String, topic: String) {
        self.letters = letters
        self.offsets = offsets
        self.group = group
        self.topic = topic
    }

    /// What settles a letter.
    static func change(_ place: Place) -> BSONDocument {
        ["$set": ["settled": .string(place.rawValue)], "$unset": ["value": "", "key": "", "reason": "", "code": ""]]
    }

    /// Moves the ledgers of the partitions in `next` by settled letters before those offsets.
    func fold(_ next: [Int32: Int64]) throws(MongoError) {
        let cursor = try letters.find(
            ["settled": ["$exists": true], "_id.topic": .string(topic)], projection: ["settled": 1],
            limit: SettledLetters.most)
        var found: [Int32: [(offset: Int64, place: Place)]] = [:]
        while let letter = try cursor.next() {
            guard let partition = letter.integer("_id.partition").map({ Int32(clamping: $0) }),
                let offset = letter.integer("_id.offset"), offset < next[partition] ?? 0,
                let place = letter.string("settled").flatMap(Place.init)
            else { continue }
            found[partition, default: []].append((offset, place))
        }
        for (partition, settled) in found {
            let id = OffsetStore.id(group, topic, partition)
            // A note that somebody died over comes first: its letters are counted already.
            if let note = try offsets.findOne(["_id": id])?["folding"] {
                try finish(id, partition, note)
                continue
            }
            var change = BSONDocument()
            for place in [Place.inserted, .duplicates, .dropped] {
                let count = settled.count { $0.place == place }
                if count > 0 { change.append(place.rawValue, .int64(Int64(count))) }
            }
            // What was given up stays in `dead`, so that what was consumed stays accounted for.
            let moved = settled.count { $0.place != .dropped }
            if moved > 0 { change.append("dead", .int64(Int64(-moved))) }
            let note = BSONValue.array(settled.map { .int64($0.offset) })
            let outcome = try offsets.updateOne(
                ["_id": id, "folding": ["$exists": false]],
                ["$inc": .document(change), "$set": ["folding": note]])
            if outcome.modified > 0 { try finish(id, partition, note) }
        }
    }

    private func finish(_ id: BSONValue, _ partition: Int32, _ note: BSONValue) throws(MongoError) {
        guard case .array(let offsets) = note else { return }
        let ids = offsets.compactMap { value -> BSONValue? in
            guard case .int64(let offset) = value else { return nil }
            return DeadLetters.key(topic, partition, offset)
        }
        try letters.deleteMany(["_id": ["$in": .array(ids)], "settled": ["$exists": true]])
        try self.offsets.updateOne(["_id": id, "folding": note], ["$unset": ["folding": ""]])
    }
}
