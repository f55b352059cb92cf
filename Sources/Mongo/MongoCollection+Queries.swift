// Reading: find, aggregate, count. Read concern majority (what cannot be rolled back), from the primary.
import CMongoc

extension MongoCollection {
    /// The documents that match `filter`. `limit` 0: all; `batchSize` 0: the server's own. `timeLimit` ends the
    /// query on the server. `snapshot`: all documents as of one instant (a replica set only).
    public func find(
        _ filter: BSONDocument = [:], projection: BSONDocument? = nil, sort: BSONDocument? = nil, limit: Int = 0,
        batchSize: Int32 = 0, timeLimit: Duration? = nil, snapshot: Bool = false
    ) throws(MongoError) -> MongoCursor {
        var options = readOptions(batchSize: batchSize, timeLimit, level: snapshot ? "snapshot" : "majority")
        if let projection { options.append("projection", .document(projection)) }
        if let sort { options.append("sort", .document(sort)) }
        if limit > 0 { options.append("limit", .int64(Int64(limit))) }
        return try cursor("find in \(name)", filter, options) { filter, options in
            mongoc_collection_find_with_opts(handle, filter, options, client.primary)
        }
    }

    /// The first document that matches, copied.
    public func findOne(
        _ filter: BSONDocument, projection: BSONDocument? = nil, sort: BSONDocument? = nil
    ) throws(MongoError) -> BSONDocument? {
        try find(filter, projection: projection, sort: sort, limit: 1).next()?.copied
    }

    /// Runs a pipeline. One that ends in $merge or $out writes with majority, journaled, within `writeTimeout`.
    public func aggregate(
        _ pipeline: [BSONDocument], batchSize: Int32 = 0, timeLimit: Duration? = nil, allowDiskUse: Bool = true,
        writeTimeout: Duration = .seconds(10)
    ) throws(MongoError) -> MongoCursor {
        for stage in pipeline { try stage.check("aggregate \(name)") }
        var options = readOptions(batchSize: batchSize, timeLimit)
        options.append("allowDiskUse", .bool(allowDiskUse))
        if let last = pipeline.last?.firstKey, last == "$merge" || last == "$out" {
            options.append("writeConcern", majority(writeTimeout))
        }
        let stages = BSONDocument(array: pipeline.map(BSONValue.document))
        return try cursor("aggregate \(name)", stages, options) { stages, options in
            mongoc_collection_aggregate(handle, MONGOC_QUERY_NONE, stages, options, client.primary)
        }
    }

    /// How many documents match, counted one by one.
    public func count(_ filter: BSONDocument = [:], timeLimit: Duration? = nil) throws(MongoError) -> Int {
        let operation = "count in \(name)"
        _ = try client.live(operation)
        try filter.check(operation)
        let options = readOptions(batchSize: 0, timeLimit)
        let counted = filter.withBSON { filter in
            options.withBSON {
                mongoc_collection_count_documents(handle, filter, $0, client.primary, nil, client.error)
            }
        }
        guard counted >= 0 else { throw MongoError(operation, client.error) }
        return Int(clamping: counted)
    }

    /// How many documents there are by the collection's own books: at once, and near enough for a status.
    public func estimatedCount() throws(MongoError) -> Int {
        let operation = "count \(name)"
        _ = try client.live(operation)
        let counted = mongoc_collection_estimated_document_count(handle, nil, client.primary, nil, client.error)
        guard counted >= 0 else { throw MongoError(operation, client.error) }
        return Int(clamping: counted)
    }

    private func readOptions(batchSize: Int32, _ timeLimit: Duration?, level: String = "majority") -> BSONDocument {
        var options: BSONDocument = ["readConcern": ["level": .string(level)]]
        if batchSize > 0 { options.append("batchSize", .integer(Int64(batchSize))) }
        if let timeLimit { options.append("maxTimeMS", .int64(Int64(milliseconds(timeLimit)))) }
        return options
    }

    private func cursor(
        _ operation: String, _ query: BSONDocument, _ options: BSONDocument,
        _ open: (OpaquePointer, OpaquePointer) -> OpaquePointer?
    ) throws(MongoError) -> MongoCursor {
        _ = try client.live(operation)
        try query.check(operation)
        try options.check(operation)
        let cursor = query.withBSON { query in options.withBSON { open(query, $0) } }
        guard let cursor else { throw MongoError(operation, .argument, 0, "no cursor", .giveUp) }
        return MongoCursor(cursor, of: self, operation)
    }
}
