// Writes off the hot path, singly or as an unordered batch: offsets, dead letters, rollups, erasing. Majority,
// journaled. All go through one bulk operation, so that errors are read in one place.
import CMongoc

extension MongoCollection {
    /// Does all `writes` in no order. Throws where the whole failed (some may be done then); what was refused singly
    /// is in the outcome.
    @discardableResult
    public func write(_ writes: [MongoWrite]) throws(MongoError) -> WriteOutcome {
        try write(writes, options: ["ordered": false, "writeConcern": majority(client.writeTimeout)])
    }

    func write(_ writes: [MongoWrite], options: BSONDocument) throws(MongoError) -> WriteOutcome {
        let operation = "write to \(name)"
        _ = try client.live(operation)
        guard !writes.isEmpty else { return WriteOutcome(nil) }
        for write in writes { for document in write.documents { try document.check(operation) } }
        guard let bulk = options.withBSON({ mongoc_collection_create_bulk_operation_with_opts(handle, $0) }) else {
            throw MongoError(operation, .argument, 0, "no bulk operation", .giveUp)
        }
        defer { mongoc_bulk_operation_destroy(bulk) }
        for write in writes {
            guard append(write, to: bulk) else { throw MongoError(operation, client.error) }
        }
        bson_init(client.reply)
        defer { bson_destroy(client.reply) }
        let done = mongoc_bulk_operation_execute(bulk, client.reply, client.error) != 0
        let reply = client.replyView
        let outcome = WriteOutcome(reply)
        if let concern = reply?.document("writeConcernErrors.0") {
            throw MongoError(
                operation, .writeConcern, Int32(clamping: concern.integer("code") ?? 0),
                concern.string("errmsg") ?? "write concern failed")
        }
        if let refusal = reply?.document("errorReplies.0"), let code = refusal.integer("code") {
            throw MongoError(operation, .server, Int32(clamping: code), refusal.string("errmsg") ?? "refused")
        }
        if !done && outcome.failures.isEmpty { throw MongoError(operation, client.error) }
        return outcome
    }

    @discardableResult
    public func insertOne(_ document: BSONDocument) throws(MongoError) -> WriteOutcome {
        try writeOne(.insert(document))
    }

    @discardableResult
    public func updateOne(
        _ filter: BSONDocument, _ update: BSONDocument, upsert: Bool = false
    ) throws(MongoError) -> WriteOutcome {
        try writeOne(.updateOne(filter, update: update, upsert: upsert))
    }

    @discardableResult
    public func updateMany(_ filter: BSONDocument, _ update: BSONDocument) throws(MongoError) -> WriteOutcome {
        try writeOne(.updateMany(filter, update: update))
    }

    /// The server refuses `$` at the start of the new document's own keys (code 52); deeper ones are stored.
    @discardableResult
    public func replaceOne(
        _ filter: BSONDocument, with document: BSONDocument, upsert: Bool = false
    ) throws(MongoError) -> WriteOutcome {
        try writeOne(.replaceOne(filter, with: document, upsert: upsert))
    }

    @discardableResult
    public func deleteOne(_ filter: BSONDocument) throws(MongoError) -> WriteOutcome {
        try writeOne(.deleteOne(filter))
    }

    @discardableResult
    public func deleteMany(_ filter: BSONDocument) throws(MongoError) -> WriteOutcome {
        try writeOne(.deleteMany(filter))
    }

    /// One write, whose refusal is thrown.
    private func writeOne(_ write: MongoWrite) throws(MongoError) -> WriteOutcome {
        let outcome = try self.write([write])
        guard let failure = outcome.failures.first else { return outcome }
        let text = failure.isDuplicateOfID ? "the _id is there already" : failure.text
        throw MongoError("write to \(name)", .server, failure.code, text, failure.remedy)
    }

    private func append(_ write: MongoWrite, to bulk: OpaquePointer) -> Bool {
        let error = client.error
        func two(
            _ filter: BSONDocument, _ change: BSONDocument, _ options: BSONDocument,
            _ call: (OpaquePointer, OpaquePointer, OpaquePointer, OpaquePointer) -> Bool
        ) -> Bool {
            filter.withBSON { filter in
                change.withBSON { change in options.withBSON { call(bulk, filter, change, $0) } }
            }
        }
        switch write {
        case .insert(let document):
            return document.withBSON { document in
                (["validate": false] as BSONDocument).withBSON {
                    mongoc_bulk_operation_insert_with_opts(bulk, document, $0, error)
                }
            }
        case .updateOne(let filter, let update, let upsert):
            return two(filter, update, ["upsert": .bool(upsert)]) {
                mongoc_bulk_operation_update_one_with_opts($0, $1, $2, $3, error)
            }
        case .updateMany(let filter, let update, let upsert):
            return two(filter, update, ["upsert": .bool(upsert)]) {
                mongoc_bulk_operation_update_many_with_opts($0, $1, $2, $3, error)
            }
        case .replaceOne(let filter, let document, let upsert):
            return two(filter, document, ["upsert": .bool(upsert), "validate": false]) {
                mongoc_bulk_operation_replace_one_with_opts($0, $1, $2, $3, error)
            }
        case .deleteOne(let filter):
            return filter.withBSON { mongoc_bulk_operation_remove_one_with_opts(bulk, $0, nil, error) }
        case .deleteMany(let filter):
            return filter.withBSON { mongoc_bulk_operation_remove_many_with_opts(bulk, $0, nil, error) }
        }
    }
}
