// The indexes of the collections of events and of dead letters: made at start, before events come, never in their way.
import Mongo
import Settings

enum EventIndexes {
    /// How long one try may take: an answer may keep the client waiting for each of three commands.
    static let seconds = 90.0

    /// Makes what is missing. `time` serves reports; `expiry` is the TTL of mongodb.retain.
    static func make(_ settings: MongoSettings) throws(MongoError) {
        let client = try MongoClient.open(uri: settings.uri.revealed)
        defer { client.close() }
        let events = try client.collection(database: settings.database, settings.collection)
        var indexes = [MongoIndex(["ts": 1], name: "time")]
        if let retain = settings.retain {
            indexes.append(MongoIndex(["receivedAt": 1], name: "expiry", expireAfter: retain))
        } else if try events.indexes().contains(where: { $0.string("name") == "expiry" }) {
            try events.dropIndex("expiry")
        }
        try events.createIndexes(indexes)
        // Letters are looked for by time: by commands, by an erasure once a minute, and to find the oldest.
        try client.collection(database: settings.database, "dead_letters").createIndexes([
            MongoIndex(["last": 1], name: "last"), MongoIndex(["settled": 1], name: "settled", isSparse: true),
        ])
    }
}
