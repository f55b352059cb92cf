// Writes to several documents, all or none: a session with one transaction, read and written by majority. Needs a
// replica set. A conflict with another writer, or a lost connection, is `retry`: nothing of it is there then, except
// where the commit's own answer was lost, so what is written must be safe to write again.
import CMongoc

public struct MongoTransaction: ~Copyable {
    let session: OpaquePointer
    private let client: MongoClient

    fileprivate init(_ session: OpaquePointer, _ client: MongoClient) {
        self.session = session
        self.client = client
    }

    /// Does `writes` in their order inside the transaction; throws what was refused, which ends it.
    @discardableResult
    public func write(_ collection: MongoCollection, _ writes: [MongoWrite]) throws(MongoError) -> WriteOutcome {
        let outcome = try collection.write(
            writes, options: ["ordered": true, "sessionId": try client.number(of: session)])
        guard let failure = outcome.failures.first else { return outcome }
        throw MongoError("write to \(collection.name)", .server, failure.code, failure.text, .retry)
    }
}

extension MongoClient {
    /// libmongoc finds a session by a number that it puts into a call's options.
    fileprivate func number(of session: OpaquePointer) throws(MongoError) -> BSONValue {
        guard let options = bson_new() else {
            throw MongoError("transaction", .argument, 0, "no memory", .retry)
        }
        defer { bson_destroy(options) }
        guard mongoc_client_session_append(session, options, error), let id = BSONView(options)?["sessionId"]
        else { throw MongoError("transaction", error) }
        return .int64(id.integer ?? 0)
    }

    /// Runs `body` in a transaction and commits it by majority; what `body` throws aborts it.
    public func transaction(
        _ body: (borrowing MongoTransaction) throws(MongoError) -> Void
    ) throws(MongoError) {
        let operation = "transaction"
        let handle = try live(operation)
        guard let session = mongoc_client_start_session(handle, nil, error) else {
            throw MongoError(operation, error)
        }
        defer { mongoc_client_session_destroy(session) }
        let options = mongoc_transaction_opts_new()
        defer { mongoc_transaction_opts_destroy(options) }
        let write = mongoc_write_concern_new()
        defer { mongoc_write_concern_destroy(write) }
        mongoc_write_concern_set_wmajority(write, 10_000)
        mongoc_write_concern_set_journal(write, true)
        mongoc_transaction_opts_set_write_concern(options, write)
        let read = mongoc_read_concern_new()
        defer { mongoc_read_concern_destroy(read) }
        mongoc_read_concern_set_level(read, "majority")
        mongoc_transaction_opts_set_read_concern(options, read)
        guard mongoc_client_session_start_transaction(session, options, error) else {
            throw MongoError(operation, error)
        }
        do throws(MongoError) {
            try body(MongoTransaction(session, self))
        } catch {
            _ = mongoc_client_session_abort_transaction(session, nil)
            throw error
        }
        guard mongoc_client_session_commit_transaction(session, nil, error) else {
            throw MongoError(operation, error)
        }
    }
}
