// The MongoDB the tests use: CLICKD_TEST_MONGODB, a URI of a replica set. Without it these tests are skipped, unless
// CLICKD_REQUIRE_SERVERS is set: then they fail. Each test has a database of its own, dropped at its end.
import Glibc
import Mongo
import Testing

enum TestServer {
    static var uri: String? { getenv("CLICKD_TEST_MONGODB").map { String(cString: $0) } }
    static var isWanted: Bool { uri != nil || getenv("CLICKD_REQUIRE_SERVERS") != nil }

    struct Missing: Error, CustomStringConvertible {
        let description = "CLICKD_TEST_MONGODB is not set, and CLICKD_REQUIRE_SERVERS asks for it"
    }

    /// Runs `body` with a client and the name of a fresh database. The client's application name is the database's.
    static func withDatabase(
        socketTimeout: Duration = .seconds(30), retryWrites: Bool = true,
        _ body: (MongoClient, String) throws -> Void
    ) throws {
        guard let uri else { throw Missing() }
        let name = "clickd_test_\(UInt64.random(in: .min ... .max))"
        let client = try MongoClient.open(
            uri: uri, applicationName: name, serverSelectionTimeout: .seconds(2), socketTimeout: socketTimeout,
            retries: retryWrites)
        let janitor = try MongoClient.open(uri: uri)
        defer { try? janitor.drop(database: name) }
        try body(client, name)
    }

    /// Runs `body` while the server's failCommand acts on commands of `client`'s application name alone. Where the
    /// server does not allow it (--setParameter enableTestCommands=1), nothing is run, which is a known issue of the test,
    /// or an error thrown if servers are required.
    static func withFailure(
        _ name: String, mode: BSONValue, _ data: [(String, BSONValue)], _ body: () throws -> Void
    ) throws {
        guard let uri else { throw Missing() }
        let control = try MongoClient.open(uri: uri)
        let data = [("appName", BSONValue.string(name))] + data
        do {
            try control.runCommand(
                database: "admin",
                ["configureFailPoint": "failCommand", "mode": mode, "data": .document(BSONDocument(data))])
        } catch  where error.code == 59 {
            if getenv("CLICKD_REQUIRE_SERVERS") != nil { throw error }
            withKnownIssue("not run: this MongoDB takes no configureFailPoint") { Issue.record("nothing was tried") }
            return
        }
        defer {
            _ = try? control.runCommand(database: "admin", ["configureFailPoint": "failCommand", "mode": "off"])
        }
        try body()
    }
}

/// Adds `documents` to a writer.
func write(_ documents: [BSONDocument]) throws -> BSONWriter {
    var writer = BSONWriter()
    for document in documents {
        writer.beginDocument()
        document.withView { writer.append(membersOf: $0) }
        try writer.endDocument()
    }
    return writer
}
