// Where consuming stands, kept in MongoDB beside the events: a document a group, topic and partition, with the next
// offset and the consumer's side of the ledger, changed together. Counts are exact: a record is counted by the update
// that moves the offset past it, and that update applies once.
import Mongo
import Settings

package struct PartitionProgress: Sendable {
    /// The offset after the last finished record.
    package var next: Int64
    package var ledger = ConsumerLedger()

    package init(next: Int64, ledger: ConsumerLedger = ConsumerLedger()) {
        self.next = next
        self.ledger = ledger
    }
}

final class OffsetStore {
    private let collection: MongoCollection
    private let deadLetters: MongoCollection
    private let group: String
    private let topic: String
    private let settled: SettledLetters

    static func open(_ mongo: MongoSettings, _ kafka: KafkaSettings) throws(MongoError) -> OffsetStore {
        // The consumer's loop waits for it: an answer that does not come must not look like a loop that stands still.
        let client = try MongoClient.open(
            uri: mongo.uri.revealed, serverSelectionTimeout: .seconds(3), socketTimeout: .seconds(5), retries: false)
        return OffsetStore(
            try client.collection(database: mongo.database, "offsets"),
            try client.collection(database: mongo.database, "dead_letters"), group: kafka.group, topic: kafka.topic)
    }

    private init(_ collection: MongoCollection, _ deadLetters: MongoCollection, group: String, topic: String) {
        self.collection = collection
        self.deadLetters = deadLetters
        self.group = group
        self.topic = topic
        settled = SettledLetters(letters: deadLetters, offsets: collection, group: group, topic: topic)
    }

    private func id(_ partition: Int32) -> BSONValue { OffsetStore.id(group, topic, partition) }

    /// The `_id` of a partition's document.
    static func id(_ group: String, _ topic: String, _ partition: Int32) -> BSONValue {
        ["group": .string(group), "topic": .string(topic), "partition": .integer(Int64(partition))]
    }

    /// nil for a partition this database knows nothing of.
    func load(_ partition: Int32) throws(MongoError) -> PartitionProgress? {
        try collection.findOne(["_id": id(partition)])?.withView(OffsetStore.progress)
    }

    /// The same for several; what is unknown is left out.
    func load(_ partitions: some Sequence<Int32>) throws(MongoError) -> [Int32: PartitionProgress] {
        let cursor = try collection.find(["_id": ["$in": .array(partitions.map(id))]])
        var found: [Int32: PartitionProgress] = [:]
        while let document = try cursor.next() {
            guard let partition = document.integer("_id.partition") else { continue }
            found[Int32(clamping: partition)] = OffsetStore.progress(document)
        }
        return found
    }

    private static func progress(_ document: BSONView) -> PartitionProgress {
        var progress = PartitionProgress(next: document.integer("next") ?? 0)
        for (name, path) in counts { progress.ledger[keyPath: path] = Int(document.integer(name) ?? 0) }
        return progress
    }

    /// Moves the ledgers of partitions by dead letters that were retried or given up; what was not counted yet waits.
    func foldLetters(_ next: [Int32: Int64]) throws(MongoError) { try settled.fold(next) }

    /// Makes the document of a partition that has none.
    func begin(_ partition: Int32, at offset: Int64) throws(MongoError) {
        _ = try collection.updateOne(
            ["_id": id(partition)], ["$setOnInsert": .document(document(PartitionProgress(next: offset)))], upsert: true
        )
    }

    /// Moves from one progress to the next. False when the document is elsewhere: another consumer has the partition.
    /// The counts are added to, never set: a retry of dead letters moves some of them meanwhile (DeadLetters).
    func advance(_ partition: Int32, from old: PartitionProgress, to new: PartitionProgress) throws(MongoError) -> Bool
    {
        let outcome = try collection.updateOne(
            ["_id": id(partition), "next": .int64(old.next), "skipped": .int64(Int64(old.ledger.skipped))],
            ["$set": ["next": .int64(new.next)], "$inc": .document(counts(new.ledger - old.ledger))])
        if outcome.matched > 0 { return true }
        // The reply of an update that was applied may have been lost.
        return try load(partition)?.next == new.next
    }

    /// Keeps a dead letter, keyed by where it stands in Kafka, so that seeing it again adds nothing.
    func keep(_ record: EventRecord, code: String, reason: String, nowMilliseconds: Int64) throws(MongoError) {
        let key: BSONValue = [
            "topic": .string(topic), "partition": .integer(Int64(record.partition)), "offset": .int64(record.offset),
        ]
        _ = try deadLetters.updateOne(
            ["_id": key],
            [
                "$setOnInsert": [
                    "code": .string(code), "reason": .string(reason), "first": .date(nowMilliseconds),
                    "key": .binary(Array(record.key)), "value": .binary(Array(record.value)),
                ],
                "$set": ["last": .date(nowMilliseconds)], "$inc": ["count": 1],
            ], upsert: true)
    }

    private func document(_ progress: PartitionProgress) -> BSONDocument {
        var document: BSONDocument = ["next": .int64(progress.next)]
        for (name, path) in OffsetStore.counts { document.append(name, .int64(Int64(progress.ledger[keyPath: path]))) }
        return document
    }

    private func counts(_ ledger: ConsumerLedger) -> BSONDocument {
        var document = BSONDocument()
        for (name, path) in OffsetStore.counts { document.append(name, .int64(Int64(ledger[keyPath: path]))) }
        return document
    }

    private static var counts: [(String, WritableKeyPath<ConsumerLedger, Int>)] {
        [
            ("consumed", \.consumed), ("inserted", \.inserted), ("duplicates", \.duplicates), ("dead", \.dead),
            ("skipped", \.skipped), ("dropped", \.dropped),
        ]
    }
}
