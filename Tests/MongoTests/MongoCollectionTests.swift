import Mongo
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: TestServer.isWanted)) struct MongoCollectionTests {
    @Test("version and topology are known")
    func topology() throws {
        try TestServer.withDatabase { client, _ in
            try client.ping()
            #expect(try client.serverVersion().first ?? 0 >= 5)
            let topology = try client.topology()
            #expect(topology.majorityIsMeaningful && topology.isWritable)
            try MongoClient.probe(uri: TestServer.uri ?? "", timeout: .seconds(2))
        }
    }

    @Test("find gives what matches, in order, limited, projected")
    func find() throws {
        try TestServer.withDatabase { client, database in
            let items = try client.collection(database: database, "items")
            let outcome = items.insertUnordered(
                try write((0..<500).map { ["_id": .integer(Int64($0)), "group": .integer(Int64($0 % 5)), "x": "y"] }))
            #expect(outcome.insertedCount == 500)
            let found = try items.find(
                ["group": 3], projection: ["_id": 1], sort: ["_id": -1], limit: 50, batchSize: 7
            ).all()
            #expect(found == (0..<50).map { ["_id": .integer(Int64(498 - $0 * 5))] })
            #expect(try items.count(["group": ["$in": [1, 2]]]) == 200)
            #expect(try items.estimatedCount() == 500)
            let sums = try items.aggregate([
                ["$group": ["_id": "$group", "n": ["$sum": 1]]], ["$sort": ["_id": 1]],
            ]).all()
            #expect(sums.map { $0.integer("n") } == [100, 100, 100, 100, 100])
            _ = try items.aggregate([["$match": ["group": 0]], ["$merge": "copy"]]).all()
            #expect(try client.collection(database: database, "copy").count() == 100)
            #expect(throws: MongoError.self) { _ = try items.find(["$nonsense": 1]).next() }
        }
    }

    @Test("single writes say what they matched, and a refused one is thrown")
    func writes() throws {
        try TestServer.withDatabase { client, database in
            let items = try client.collection(database: database, "items")
            #expect(try items.updateOne(["_id": 1], ["$set": ["a": 1]]).matched == 0)
            #expect(try items.updateOne(["_id": 1], ["$inc": ["a": .int64(5)]], upsert: true).upserted == 1)
            let same = try items.updateOne(["_id": 1], ["$set": ["a": .int64(5)]])
            #expect(same.matched == 1 && same.modified == 0)
            #expect(try items.replaceOne(["_id": 1], with: ["a.b": 1, "c": ["$d": 2]]).modified == 1)
            #expect(try items.findOne(["_id": 1]) == ["_id": 1, "a.b": 1, "c": ["$d": 2]])
            #expect { try items.insertOne(["_id": 1]) } throws: { ($0 as? MongoError)?.code == 11000 }
            #expect { try items.updateOne([:], ["$nonsense": ["a": 1]]) } throws: { ($0 as? MongoError)?.code == 9 }
            let outcome = try items.write([
                .updateOne(["_id": 1], update: ["$set": ["n": 1]]), .insert(["_id": 2]), .insert(["_id": 1]),
                .updateOne(["_id": 3], update: ["$set": ["n": 1]], upsert: true),
                .updateOne(["_id": 1], update: BSONDocument(array: [["$set": ["m": ["$add": ["$n", 1]]]]])),
                .deleteOne(["_id": 4]),
            ])
            #expect(outcome.inserted == 1 && outcome.upserted == 1 && outcome.matched == 2)
            #expect(outcome.failures.map { $0.index } == [2] && outcome.failures[0].isDuplicateOfID)
            #expect(try items.deleteMany(["n": 1]).deleted == 2)
            #expect(try items.deleteOne(["_id": 2]).deleted == 1)
            try items.drop()
            try items.drop()
        }
    }

    @Test("indexes are made once, a changed time to live is changed, another clash is given up")
    func indexes() throws {
        try TestServer.withDatabase { client, database in
            let items = try client.collection(database: database, "items")
            #expect(try items.indexes().isEmpty)
            let ts = MongoIndex(["visitor": 1, "ts": 1], name: "visitor_ts")
            var expiry = MongoIndex(["receivedAt": 1], name: "expiry", expireAfter: .seconds(100))
            let partial = MongoIndex(
                ["order": 1], name: "order", isUnique: true, partialFilter: ["order": ["$type": "string"]])
            try items.createIndexes([ts, expiry, partial])
            try items.createIndexes([ts, expiry, partial])
            expiry.expireAfter = .seconds(400 * 86400)
            try items.createIndexes([ts, expiry, partial])
            let made = try items.indexes()
            #expect(made.count == 4)
            #expect(made.compactMap { $0.integer("expireAfterSeconds") } == [34_560_000])
            #expect { try items.createIndexes([MongoIndex(["visitor": -1], name: "visitor_ts")]) } throws: {
                ($0 as? MongoError)?.remedy == .giveUp
            }
            try items.dropIndex("expiry")
            try items.dropIndex("expiry")
            #expect(try items.indexes().count == 3)
        }
    }

    @Test("a command the server does not know is given up, with its code")
    func commands() throws {
        try TestServer.withDatabase { client, database in
            #expect { try client.runCommand(database: database, ["nonsense": 1]) } throws: {
                let error = $0 as? MongoError
                return error?.code == 59 && error?.domain == .server && error?.remedy == .giveUp
            }
        }
    }
}
