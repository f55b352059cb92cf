// A cursor over documents as the server sent them. Belongs to its client's thread; keeps client and collection alive.
import CMongoc

public final class MongoCursor {
    private let handle: OpaquePointer
    private let collection: MongoCollection
    private let operation: String

    /// Takes over `handle`, which libmongoc never leaves NULL.
    init(_ handle: OpaquePointer, of collection: MongoCollection, _ operation: String) {
        self.handle = handle
        self.collection = collection
        self.operation = operation
        collection.client.cursorOpened()
    }

    deinit {
        mongoc_cursor_destroy(handle)
        collection.client.cursorClosed()
    }

    /// The next document, valid until the next call; nil at the end.
    public func next() throws(MongoError) -> BSONView? {
        var document: OpaquePointer?
        if mongoc_cursor_next(handle, &document), let document {
            return BSONView(document)
        }
        var error = bson_error_t()
        if mongoc_cursor_error(handle, &error) { throw MongoError(operation, &error) }
        return nil
    }

    /// Every document left, copied; for small results.
    public func all() throws(MongoError) -> [BSONDocument] {
        var documents: [BSONDocument] = []
        while let document = try next() { documents.append(document.copied) }
        return documents
    }
}
