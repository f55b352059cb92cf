// What kind of deployment answers, for the check at start: whether majority means anything, whether it is new enough.

public struct MongoTopology: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case replicaSet(name: String, members: Int)
        case sharded
        case standalone
    }

    public let kind: Kind
    /// Whether the server that answered takes writes now.
    public let isWritable: Bool

    /// Whether a majority can survive the loss of one machine's power: not on a standalone server.
    public var majorityIsMeaningful: Bool { kind != .standalone }
}

extension MongoClient {
    /// Asks for a sign of life, within the client's timeouts.
    public func ping() throws(MongoError) { try runCommand(database: "admin", ["ping": 1]) }

    /// Asks over a connection of its own that takes at most about twice `timeout`: to connect, to answer.
    public static func probe(uri: String, timeout: Duration) throws(MongoError) {
        // Options given again in a URI would be doubled, so the URI's own timeouts win here too.
        let client = try open(uri: uri, serverSelectionTimeout: timeout, socketTimeout: timeout)
        try client.ping()
    }

    /// The server's version, as [6, 0, 5].
    public func serverVersion() throws(MongoError) -> [Int] {
        let reply = try runCommand(database: "admin", ["buildInfo": 1])
        return (reply.string("version") ?? "").split(separator: "-").first.map { version in
            version.split(separator: ".").map { Int($0) ?? 0 }
        } ?? []
    }

    public func topology() throws(MongoError) -> MongoTopology {
        let reply = try runCommand(database: "admin", ["hello": 1])
        let writable = reply.bool("isWritablePrimary") ?? false
        if reply.string("msg") == "isdbgrid" { return MongoTopology(kind: .sharded, isWritable: writable) }
        guard let name = reply.string("setName") else { return MongoTopology(kind: .standalone, isWritable: writable) }
        let members = reply.withView { $0.document("hosts")?.reduce(0) { count, _ in count + 1 } ?? 0 } ?? 0
        return MongoTopology(kind: .replicaSet(name: name, members: members), isWritable: writable)
    }
}
