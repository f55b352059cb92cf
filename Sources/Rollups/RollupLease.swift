// Who may write roll-ups: one process at a time, by a lease in MongoDB that runs on the server's clock. Its term counts
// the owners; every change of segments touches the lease inside its transaction, so a writer that slept through its
// lease cannot change anything.
import Linux
import Mongo

final class RollupLease {
    static let milliseconds: Int64 = 10_000
    private static let id: BSONValue = "writer"
    private let collection: MongoCollection
    let owner: String
    private let host: String
    private(set) var term: Int64?
    private var isMade = false
    private var takenAt = Monotonic.now

    init(_ client: MongoClient, database: String, host: String, owner: String = Files.randomHex(bytes: 16))
        throws(MongoError)
    {
        collection = try client.collection(database: database, RollupNames.state)
        self.owner = owner
        self.host = host
    }

    /// `take`, where it is not ours for two thirds of its time still: an idle writer shall not write every second.
    func keep() throws(MongoError) -> Bool {
        if term != nil, Monotonic.milliseconds(from: takenAt, to: .now) < RollupLease.milliseconds / 3 { return true }
        return try take()
    }

    /// Takes the lease where it is free or run out, and keeps it where it is ours. False while another has it.
    func take() throws(MongoError) -> Bool {
        takenAt = .now
        let isOurs: BSONValue = ["$eq": ["$owner", .string(owner)]]
        let update = BSONDocument(array: [
            [
                "$set": [
                    "owner": .string(owner), "host": .string(host),
                    "until": ["$add": ["$$NOW", .int64(RollupLease.milliseconds)]], "seen": "$$NOW",
                    "term": ["$add": [["$ifNull": ["$term", 0]], ["$cond": [isOurs, 0, 1]]]],
                ]
            ]
        ])
        let filter: BSONDocument = [
            "_id": RollupLease.id, "$expr": ["$or": [isOurs, ["$lt": ["$until", "$$NOW"]]]],
        ]
        if !isMade {
            // An upsert may not ask the server's clock, so the document is there before.
            _ = try collection.updateOne(
                ["_id": RollupLease.id], ["$setOnInsert": ["until": .date(0), "term": 0]], upsert: true)
            isMade = true
        }
        guard try collection.updateOne(filter, update).matched == 1 else {
            term = nil
            return false
        }
        term = try collection.findOne(["_id": RollupLease.id, "owner": .string(owner)])?.integer("term")
        return term != nil
    }

    /// Prolongs the lease inside `transaction`, or throws: it is another's by now.
    func hold(in transaction: borrowing MongoTransaction, _ state: MongoCollection) throws(MongoError) {
        let lost = MongoError("hold the roll-up lease", .other(0), 0, "another process has the lease", .retry)
        guard let term else { throw lost }
        let outcome = try transaction.write(
            state,
            [
                .updateOne(
                    ["_id": RollupLease.id, "owner": .string(owner), "term": .int64(term)],
                    update: BSONDocument(array: [
                        ["$set": ["until": ["$add": ["$$NOW", .int64(RollupLease.milliseconds)]], "seen": "$$NOW"]]
                    ]))
            ])
        guard outcome.matched == 1 else {
            self.term = nil
            throw lost
        }
    }

    /// Lets go at once, so that the next need not wait.
    func release() throws(MongoError) {
        _ = try collection.updateOne(
            ["_id": RollupLease.id, "owner": .string(owner)], ["$set": ["until": .date(0)]])
        term = nil
    }
}
