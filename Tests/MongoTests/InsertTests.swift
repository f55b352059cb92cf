import Mongo
import TestSupport
import Testing

// One after another: the server has one failCommand.
@Suite(.waiting, .serialized, .enabled(if: TestServer.isWanted)) struct InsertTests {
    func events(_ range: Range<Int>, _ extra: (Int) -> BSONValue = { _ in "x" }) throws -> BSONWriter {
        try write(
            range.map { ["_id": .string("event-\($0)"), "value": extra($0), "text": "some words about a product"] })
    }

    @Test("5,000 documents are inserted, again they are 5,000 duplicates of _id, and a mix is told apart")
    func duplicates() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            let first = events.insertUnordered(try self.events(0..<5000))
            #expect(first.insertedCount == 5000 && first.failures.isEmpty && first.error == nil)
            let again = events.insertUnordered(try self.events(0..<5000))
            #expect(again.insertedCount == 0 && again.error == nil)
            #expect(again.failures.map { $0.index } == Array(0..<5000))
            #expect(again.failures.allSatisfy { $0.isDuplicateOfID && $0.code == 11000 })
            let mix = events.insertUnordered(try self.events(4000..<9000), 500..<3000)
            #expect(mix.insertedCount == 2000 && mix.error == nil)
            #expect(mix.failures.map { $0.index } == Array(500..<1000))
            #expect(try events.count() == 7000)
        }
    }

    @Test("duplicates are known as such where ids are so long that the server leaves texts out")
    func longIDs() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            let documents = (0..<5000).map { index -> BSONDocument in
                ["_id": .string("\(index)-" + String(repeating: "k", count: 900))]
            }
            #expect(events.insertUnordered(try write(documents)).insertedCount == 5000)
            let again = events.insertUnordered(try write(documents))
            #expect(again.error == nil)
            #expect(again.failures.count == 5000 && again.failures.allSatisfy { $0.isDuplicateOfID })
        }
    }

    @Test("a duplicate on another index is no duplicate of _id, and goes aside")
    func otherIndex() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            try events.createIndexes([MongoIndex(["value": 1], name: "_id_value", isUnique: true)])
            let outcome = events.insertUnordered(try self.events(0..<4) { .integer(Int64($0 / 2)) })
            #expect(outcome.insertedCount == 2 && outcome.error == nil)
            #expect(outcome.failures.map { $0.index } == [1, 3])
            #expect(outcome.failures.allSatisfy { !$0.isDuplicateOfID && $0.remedy == .setAside && !$0.text.isEmpty })
        }
    }

    @Test("a document that MongoDB refuses goes aside alone")
    func validator() throws {
        try TestServer.withDatabase { client, database in
            try client.runWriteCommand(
                database: database, ["create": "events", "validator": ["value": ["$lt": 10]]])
            let events = try client.collection(database: database, "events")
            let outcome = events.insertUnordered(try self.events(0..<20) { .integer(Int64($0)) })
            #expect(outcome.insertedCount == 10 && outcome.error == nil)
            #expect(outcome.failures.map { $0.index } == Array(10..<20))
            #expect(outcome.failures.allSatisfy { $0.code == 121 && $0.remedy == .setAside })
        }
    }

    @Test("keys with $ and . and empty ones are stored as they are, at every level")
    func oddKeys() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            let odd: BSONDocument = [
                "_id": "odd",
                "properties": [
                    "$set": 1, "a.b": 2, "": 3, "$ref": "x", "$id": ["$db": 1], "x": ["$numberLong": "5"],
                ], "$top": 1, "top.dot": 2,
            ]
            let outcome = events.insertUnordered(try write([odd]))
            #expect(outcome.insertedCount == 1 && outcome.failures.isEmpty && outcome.error == nil)
            #expect(try events.findOne(["_id": "odd"]) == odd)
        }
    }

    @Test("nothing to insert is no error")
    func empty() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            for outcome in [
                events.insertUnordered(BSONWriter()), events.insertUnordered(try self.events(0..<5), 3..<3),
            ] { #expect(outcome.error == nil && outcome.insertedCount == 0 && outcome.failures.isEmpty) }
            #expect(try events.count() == 0)
        }
    }

    @Test("a batch beyond 48 MB is cut by libmongoc and counted whole")
    func largeBatch() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            let writer = try Self.large(60)
            let outcome = events.insertUnordered(writer)
            #expect(outcome.insertedCount == 60 && outcome.failures.isEmpty && outcome.error == nil)
            let again = events.insertUnordered(writer)
            #expect(again.error == nil && again.failures.map { $0.index } == Array(0..<60))
        }
    }

    static func large(_ megabytes: Int) throws -> BSONWriter {
        let filler = BSONValue.string(String(repeating: "f", count: 1_000_000))
        return try write((0..<megabytes).map { ["_id": .integer(Int64($0)), "filler": filler] })
    }

    @Test("a write concern error: the whole counts as not written, also beside duplicates")
    func writeConcern() throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            #expect(events.insertUnordered(try self.events(0..<3)).insertedCount == 3)
            try TestServer.withFailure(
                database, mode: "alwaysOn",
                [("failCommands", ["insert"]), ("writeConcernError", ["code": 64, "errmsg": "waiting timed out"])]
            ) {
                let outcome = events.insertUnordered(try self.events(0..<6))
                #expect(outcome.error?.domain == .writeConcern && outcome.error?.code == 64)
                #expect(outcome.error?.remedy == .retry)
                #expect(outcome.insertedCount == 3 && outcome.failures.count == 3)
            }
        }
    }

    @Test(
        "a connection lost between the parts of a batch fails the whole, though the first part had write errors",
        arguments: [true, false])
    func lostHalfway(retryWrites: Bool) throws {
        try TestServer.withDatabase(retryWrites: retryWrites) { client, database in
            let events = try client.collection(database: database, "events")
            #expect(events.insertUnordered(try Self.large(1)).insertedCount == 1)
            try TestServer.withFailure(
                database, mode: ["skip": 1], [("failCommands", ["insert"]), ("closeConnection", true)]
            ) {
                let outcome = events.insertUnordered(try Self.large(60))
                #expect(outcome.error?.remedy == .retry)
                #expect(outcome.insertedCount < 59 && outcome.failures.map { $0.index } == [0])
            }
            let again = events.insertUnordered(try Self.large(60))
            #expect(again.error == nil && again.insertedCount + again.failures.count == 60)
        }
    }

    @Test(
        "a server that steps down or is interrupted is tried again",
        arguments: [10107, 11600, 189, 91, 13, 50] as [Int64])
    func refused(code: Int64) throws {
        try TestServer.withDatabase { client, database in
            let events = try client.collection(database: database, "events")
            try TestServer.withFailure(
                database, mode: "alwaysOn", [("failCommands", ["insert"]), ("errorCode", .integer(code))]
            ) {
                let outcome = events.insertUnordered(try self.events(0..<6))
                #expect(outcome.error?.remedy == .retry)
                #expect(outcome.error?.code == Int32(code) || outcome.error?.domain != .server)
                #expect(outcome.insertedCount == 0 && outcome.failures.isEmpty)
            }
        }
    }

    @Test("a server that does not answer is given up within the socket timeout, and used again after")
    func silent() throws {
        try TestServer.withDatabase(socketTimeout: .seconds(1)) { client, database in
            let events = try client.collection(database: database, "events")
            #expect(events.insertUnordered(try self.events(0..<1)).insertedCount == 1)
            try TestServer.withFailure(
                database, mode: "alwaysOn",
                [("failCommands", ["insert"]), ("blockConnection", true), ("blockTimeMS", 3000)]
            ) {
                var outcome = events.insertUnordered(BSONWriter())
                let writer = try self.events(1..<6)
                let took = ContinuousClock().measure { outcome = events.insertUnordered(writer) }
                #expect(outcome.error?.remedy == .retry)
                #expect(took < .seconds(30))
            }
            let again = events.insertUnordered(try self.events(1..<6))
            #expect(again.error == nil && again.insertedCount + again.failures.count == 5)
        }
    }
}

@Suite(.waiting) struct UnreachableTests {
    @Test("no server: retry, within the selection timeout")
    func refused() throws {
        let client = try MongoClient.open(uri: "mongodb://127.0.0.1:9", serverSelectionTimeout: .milliseconds(700))
        let events = try client.collection(database: "d", "events")
        let writer = try write([["_id": 1]])
        var outcome = events.insertUnordered(BSONWriter())
        let took = ContinuousClock().measure { outcome = events.insertUnordered(writer) }
        #expect(outcome.error?.domain == .serverSelection && outcome.error?.remedy == .retry)
        #expect(outcome.insertedCount == 0 && took < .seconds(20))
    }

    @Test(
        "a URI that is none is given up",
        arguments: ["", "http://x", "mongodb://", "mongodb://a:b:c", "mongodb://h/?replicaSet"])
    func badURI(uri: String) {
        #expect { _ = try MongoClient.open(uri: uri) } throws: { ($0 as? MongoError)?.remedy == .giveUp }
    }

    @Test("a closed client refuses, and its collection and cursors end safely")
    func closed() throws {
        let client = try MongoClient.open(uri: "mongodb://127.0.0.1:9", serverSelectionTimeout: .milliseconds(300))
        let events = try client.collection(database: "d", "events")
        let cursor = try events.find()
        client.close()
        #expect { try client.ping() } throws: { ($0 as? MongoError)?.remedy == .giveUp }
        #expect(events.insertUnordered(try write([["_id": 1]])).error?.remedy == .giveUp)
        #expect(throws: MongoError.self) { _ = try cursor.next() }
    }
}
