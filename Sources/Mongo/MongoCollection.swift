// A collection's handle: mongoc_collection_t. Writes are majority-acknowledged and journaled, reads are of what a
// majority has, from the primary, whatever the URI says. Belongs to the thread of its client, which it keeps alive.
import CMongoc

public final class MongoCollection {
    public let client: MongoClient
    public let database: String
    public let name: String
    /// Not used after the client's end: destroying it touches only itself.
    let handle: OpaquePointer
    var batch = DocumentViews()
    var insertOptions = (timeout: Duration.zero, document: BSONDocument())

    init(of client: MongoClient, database: String, name: String) throws(MongoError) {
        let owner = try client.live("collection \(database).\(name)")
        guard let handle = mongoc_client_get_collection(owner, database, name) else {
            throw MongoError("collection \(database).\(name)", .argument, 0, "cannot be opened", .giveUp)
        }
        self.client = client
        self.database = database
        self.name = name
        self.handle = handle
    }

    deinit { mongoc_collection_destroy(handle) }

    /// Drops the collection; one that is not there is no error.
    public func drop() throws(MongoError) {
        do throws(MongoError) {
            try client.runWriteCommand(database: database, ["drop": .string(name)])
        } catch  where error.code == 26 && error.domain == .server {
            return
        }
    }
}
