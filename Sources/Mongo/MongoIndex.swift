// Indexes as they should be, and making the collection's so: what is missing is created, a changed time to live is
// set by collMod, anything else that differs is the server's error with remedy `giveUp`. Doing it again changes nothing.
import CMongoc

public struct MongoIndex: Sendable, Equatable {
    public var keys: BSONDocument
    public var name: String
    public var isUnique = false
    public var isSparse = false
    /// Deletes documents so long after the date in the index's only key; whole seconds.
    public var expireAfter: Duration?
    /// Only documents that match are in the index.
    public var partialFilter: BSONDocument?

    public init(
        _ keys: BSONDocument, name: String, isUnique: Bool = false, isSparse: Bool = false,
        expireAfter: Duration? = nil, partialFilter: BSONDocument? = nil
    ) {
        self.keys = keys
        self.name = name
        self.isUnique = isUnique
        self.isSparse = isSparse
        self.expireAfter = expireAfter
        self.partialFilter = partialFilter
    }

    /// MongoDB takes at most 2^31 - 1 seconds.
    var expireAfterSeconds: Int64? { expireAfter.map { min(max($0.components.seconds, 0), Int64(Int32.max)) } }

    var command: BSONDocument {
        var command: BSONDocument = ["key": .document(keys), "name": .string(name)]
        if isUnique { command.append("unique", true) }
        if isSparse { command.append("sparse", true) }
        if let expireAfterSeconds { command.append("expireAfterSeconds", .integer(expireAfterSeconds)) }
        if let partialFilter { command.append("partialFilterExpression", .document(partialFilter)) }
        return command
    }
}

extension MongoCollection {
    /// Makes `indexes` exist, and returns when they are built; a long build may pass the socket timeout, goes on in
    /// the server, and is waited for by the next call.
    public func createIndexes(_ indexes: [MongoIndex]) throws(MongoError) {
        let existing = try self.indexes()
        var missing: [BSONValue] = []
        for index in indexes {
            guard let found = existing.first(where: { $0.string("name") == index.name }),
                found["key"] == .document(index.keys), let wanted = index.expireAfterSeconds,
                found.integer("expireAfterSeconds") != wanted
            else {
                missing.append(.document(index.command))
                continue
            }
            try client.runWriteCommand(
                database: database,
                [
                    "collMod": .string(name),
                    "index": ["name": .string(index.name), "expireAfterSeconds": .integer(wanted)],
                ])
        }
        // Those that are there as asked for are no error to the server, and those that differ are.
        guard !missing.isEmpty else { return }
        try client.runWriteCommand(
            database: database, ["createIndexes": .string(name), "indexes": .array(missing)])
    }

    /// The indexes as the server describes them; none where the collection is missing.
    public func indexes() throws(MongoError) -> [BSONDocument] {
        let operation = "list the indexes of \(name)"
        _ = try client.live(operation)
        guard let cursor = mongoc_collection_find_indexes_with_opts(handle, nil) else {
            throw MongoError(operation, .argument, 0, "no cursor", .giveUp)
        }
        return try MongoCursor(cursor, of: self, operation).all()
    }

    /// Drops an index; one that is not there is no error.
    public func dropIndex(_ index: String) throws(MongoError) {
        do throws(MongoError) {
            try client.runWriteCommand(
                database: database, ["dropIndexes": .string(name), "index": .string(index)])
        } catch  where error.domain == .server && (error.code == 26 || error.code == 27) {
            return
        }
    }
}
