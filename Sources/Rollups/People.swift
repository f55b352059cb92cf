// The `a:` each user id was last seen with: a document a user, moved on only by a later event. Of two events in one
// millisecond the greater id, so that the order of reading does not matter.
//     {_id: 16 bytes of the user's VisitorID, last: {ts, a: "a:…"}, at: when changed}
import Mongo

public final class People {
    package struct Link: Comparable {
        let time: Int64
        let visitor: String

        package init(time: Int64, visitor: String) { (self.time, self.visitor) = (time, visitor) }

        package static func < (a: Link, b: Link) -> Bool { a.time != b.time ? a.time < b.time : a.visitor < b.visitor }
    }

    private let collection: MongoCollection
    /// What is known so far, and as of when: a process asks only for what changed since.
    private var known: [VisitorID: VisitorID] = [:]
    private var knownUntil: Int64?

    public init(_ client: MongoClient, database: String) throws(MongoError) {
        collection = try client.collection(database: database, RollupNames.people)
    }

    private static func id(_ user: VisitorID) -> BSONValue {
        var writer = ColumnWriter()
        writer.word(user.high)
        writer.word(user.low)
        return .binary(writer.bytes)
    }

    /// By user id, without `u:`.
    package func add(_ links: [String: Link]) throws(MongoError) {
        let writes = links.map { user, link -> MongoWrite in
            let last: BSONValue = ["ts": .date(link.time), "a": .string(link.visitor)]
            return .updateOne(
                ["_id": People.id(VisitorID("u:" + user)), "last": ["$lt": last]],
                update: ["$set": ["last": last], "$currentDate": ["at": true]], upsert: true)
        }
        var start = 0
        while start < writes.count {
            let end = min(start + 5000, writes.count)
            let outcome = try collection.write(Array(writes[start..<end]))
            // Where a later link is there already, the upsert meets it.
            if let failure = outcome.failures.first(where: { !$0.isDuplicateOfID }) {
                throw MongoError("write who is who", .server, failure.code, failure.text, .retry)
            }
            start = end
        }
    }

    /// The visitor that a user's events without an anonymous id count for; everyone known as of now.
    public func visitors() throws(MongoError) -> [VisitorID: VisitorID] {
        // The clock of the server may have been set back a little, and writes of one instant come in any order.
        let filter: BSONDocument = knownUntil.map { ["at": ["$gte": .date($0 - 60_000)]] } ?? [:]
        let cursor = try collection.find(filter, batchSize: 20_000)
        while let found = try cursor.next() {
            guard let bytes = found["_id"]?.binary, bytes.count == 16, let name = found.string("last.a") else {
                continue
            }
            var reader = ColumnReader(bytes)
            guard let high = try? reader.word(), let low = try? reader.word() else { continue }
            known[VisitorID(high: high, low: low)] = VisitorID(name)
            knownUntil = max(knownUntil ?? 0, found.dateMilliseconds("at") ?? 0)
        }
        return known
    }

    /// Forgets a user, and every user that was last seen as this visitor; how many.
    public func remove(_ visitor: ErasedVisitor) throws(MongoError) -> Int {
        var links: [BSONValue] = [["last.a": ["$in": .array(visitor.visitors.map(BSONValue.string))]]]
        if visitor.isUser { links.append(["_id": People.id(VisitorID("u:" + visitor.id))]) }
        known = [:]
        knownUntil = nil
        return try collection.deleteMany(["$or": .array(links)]).deleted
    }

    /// Who a `u:` is counted as, in text.
    public func visitor(of user: String) throws(MongoError) -> String {
        try collection.findOne(["_id": People.id(VisitorID(user))])?.string("last.a") ?? user
    }
}
