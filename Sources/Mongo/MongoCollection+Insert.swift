// Inserting a batch of documents as a BSONWriter holds them: the consumer's hot path. One call of libmongoc, which
// cuts a batch above 48 MB or 100,000 documents into several commands.
import CMongoc

extension MongoCollection {
    /// Inserts the documents `range` (nil: all) in no order, without checking their keys: `$`, `.` and empty ones are
    /// stored as they are. Acknowledged by a majority and journaled within `timeout`, which must be below the
    /// client's socket timeout. Never throws: what went wrong, and for which documents, is in the outcome.
    public func insertUnordered(
        _ documents: borrowing BSONWriter, _ range: Range<Int>? = nil, timeout: Duration = .seconds(10)
    ) -> InsertOutcome {
        let range = (range ?? 0..<documents.documentCount).clamped(to: 0..<documents.documentCount)
        guard !range.isEmpty else { return InsertOutcome() }
        let operation = "insert into \(name)"
        do throws(MongoError) { _ = try client.live(operation) } catch { return InsertOutcome(failed: error) }
        if insertOptions.timeout != timeout {
            insertOptions = (
                timeout, ["ordered": false, "validate": false, "writeConcern": majority(timeout)]
            )
        }
        let views = batch.fill(from: documents, range)
        bson_init(client.reply)
        defer { bson_destroy(client.reply) }
        let inserted = insertOptions.document.withBSON { options in
            mongoc_collection_insert_many(handle, views, range.count, options, client.reply, client.error)
        }
        return InsertOutcome(
            operation, reply: client.replyView, callError: inserted ? nil : MongoError(operation, client.error),
            range: range)
    }
}
