// One connection to a deployment: mongoc_client_t, which belongs to one thread at a time
// (https://mongoc.org/libmongoc/1.23.1/mongoc_client_t.html, "Thread Safety"): so a client is opened on the thread that
// uses it, and neither it nor its collections and cursors are Sendable. Connects at the first use, and again by itself
// after a failure. Every call ends within server selection plus socket timeout, also with every server gone.
import CMongoc

public final class MongoClient {
    /// nil once closed.
    private(set) var handle: OpaquePointer?
    let primary: OpaquePointer?
    let reply: OpaquePointer
    /// How long a majority may take to acknowledge a write, unless its caller says.
    let writeTimeout: Duration
    private let replyMemory = BSONHandle.allocate(1)
    let error: UnsafeMutablePointer<bson_error_t>
    private var isClosed = false
    private var openCursors = 0

    /// How long a client that only writes waits for an answer: a primary that is cut off refuses nothing, it is silent,
    /// and the new one is there within seconds. Above the bound of its write concern, `majority(.seconds(10))`.
    public static let writingTimeout: Duration = .seconds(15)

    /// Checks the URI; connects lazily. What the URI says of timeouts wins; else server selection and connecting
    /// take `serverSelectionTimeout` each, and an answer `socketTimeout`, which must be above every write concern
    /// timeout and the longest report or index build.
    /// `retries` false lets libmongoc send each request once, for callers that repeat what failed: a call then takes one
    /// `socketTimeout` at most and not two, and inserts are cheaper (the server keeps no record a write).
    /// An invalid URI, or one whose TLS files cannot be read, is `giveUp`.
    public static func open(
        uri text: String, applicationName: String = "clickd", serverSelectionTimeout: Duration = .seconds(5),
        socketTimeout: Duration = .seconds(30), retries: Bool = true
    ) throws(MongoError) -> MongoClient {
        MongoRuntime.initialize()
        var error = bson_error_t()
        guard let uri = mongoc_uri_new_with_error(text, &error) else {
            throw MongoError("open MongoDB's URI", .argument, 0, MongoError("", &error).text, .giveUp)
        }
        defer { mongoc_uri_destroy(uri) }
        let selection = milliseconds(serverSelectionTimeout)
        for (option, value) in [
            ("serverselectiontimeoutms", selection), ("connecttimeoutms", selection),
            ("sockettimeoutms", milliseconds(socketTimeout)),
        ] where !mongoc_uri_has_option(uri, option) {
            mongoc_uri_set_option_as_int32(uri, option, value)
        }
        // libmongoc's default for one thread, a single look, fails during every election.
        if !mongoc_uri_has_option(uri, "serverselectiontryonce") {
            mongoc_uri_set_option_as_bool(uri, "serverselectiontryonce", false)
        }
        for option in ["retrywrites", "retryreads"] where !mongoc_uri_has_option(uri, option) {
            mongoc_uri_set_option_as_bool(uri, option, retries)
        }
        if !mongoc_uri_has_option(uri, "appname") { mongoc_uri_set_appname(uri, applicationName) }
        guard let handle = mongoc_client_new_from_uri_with_error(uri, &error) else {
            throw MongoError("open a MongoDB client", .argument, 0, MongoError("", &error).text, .giveUp)
        }
        return MongoClient(handle: handle, writeTimeout: min(.seconds(10), socketTimeout * 2 / 3))
    }

    private init(handle: OpaquePointer, writeTimeout: Duration) {
        self.handle = handle
        self.writeTimeout = writeTimeout
        mongoc_client_set_error_api(handle, MONGOC_ERROR_API_VERSION_2)
        primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY)
        reply = OpaquePointer(replyMemory)
        error = .allocate(capacity: 1)
    }

    deinit {
        if let handle { mongoc_client_destroy(handle) }
        mongoc_read_prefs_destroy(primary)
        replyMemory.deallocate()
        error.deallocate()
    }

    /// Ends the connections, once the last cursor is gone. Every later call fails with `giveUp`.
    public func close() {
        isClosed = true
        destroyIfUnused()
    }

    func cursorOpened() { openCursors += 1 }

    func cursorClosed() {
        openCursors -= 1
        destroyIfUnused()
    }

    /// A cursor's end may still speak to the server.
    private func destroyIfUnused() {
        guard isClosed, openCursors == 0, let handle else { return }
        mongoc_client_destroy(handle)
        self.handle = nil
    }

    /// The handle, for one call.
    func live(_ operation: @autoclosure () -> String) throws(MongoError) -> OpaquePointer {
        guard let handle, !isClosed else { throw .closed(operation()) }
        return handle
    }

    /// A collection; nothing is sent, and it need not exist. `database` and `name` must hold no NUL.
    public func collection(database: String, _ name: String) throws(MongoError) -> MongoCollection {
        try MongoCollection(of: self, database: database, name: name)
    }

    /// Sends `command` to the primary as it is, its own write concern in it, and gives the reply.
    @discardableResult
    public func runCommand(database: String, _ command: BSONDocument) throws(MongoError) -> BSONDocument {
        let operation = "command \(command.firstKey)"
        let handle = try live(operation)
        try command.check(operation)
        return try call(operation) { reply, error in
            command.withBSON { mongoc_client_command_simple(handle, database, $0, self.primary, reply, error) }
        }
    }

    /// Sends a command that writes, with write concern majority, journaled: createIndexes, collMod, create, drop.
    @discardableResult
    public func runWriteCommand(
        database: String, _ command: BSONDocument, timeout: Duration = .seconds(10)
    ) throws(MongoError) -> BSONDocument {
        let operation = "command \(command.firstKey)"
        let handle = try live(operation)
        try command.check(operation)
        let options: BSONDocument = ["writeConcern": majority(timeout)]
        return try call(operation) { reply, error in
            command.withBSON { command in
                options.withBSON {
                    mongoc_client_write_command_with_opts(handle, database, command, $0, reply, error)
                }
            }
        }
    }

    /// Runs one C call with this client's reply and error, and gives a copy of the reply.
    private func call(
        _ operation: String, _ body: (OpaquePointer, UnsafeMutablePointer<bson_error_t>) -> Bool
    ) throws(MongoError) -> BSONDocument {
        bson_init(reply)
        defer { bson_destroy(reply) }
        guard body(reply, error) else { throw MongoError(operation, error) }
        return replyView.map { $0.copied } ?? BSONDocument()
    }

    /// The last reply, until the next call.
    var replyView: BSONView? { BSONView(reply) }

    /// Drops a whole database; for tests.
    public func drop(database: String) throws(MongoError) {
        try runWriteCommand(database: database, ["dropDatabase": 1])
    }
}

/// Acknowledged by a majority and in its journals, within `timeout`.
func majority(_ timeout: Duration) -> BSONValue {
    ["w": "majority", "j": true, "wtimeout": .integer(Int64(milliseconds(timeout)))]
}

/// In milliseconds, at least 1, at most what 32 bits hold.
func milliseconds(_ duration: Duration) -> Int32 {
    let (seconds, attoseconds) = duration.components
    guard seconds < 2_000_000 else { return 2_000_000_000 }
    return Int32(clamping: max(seconds * 1000 + attoseconds / 1_000_000_000_000_000, 1))
}
