// [mongodb]: where events come to rest, and for how long.

/// What stands in `[mongodb]`.
public struct MongoSettings: Sendable, Equatable {
    /// Connection string, from `uri` or read from `uri_file`. Default mongodb://localhost:27017.
    public var uri = Secret("mongodb://localhost:27017")
    /// The file that `uri` was read from, absolute path; nil: it stands in the configuration. Default nil.
    public var uriFile: String?
    /// 1 to 63 bytes, without `/\. "$*<>:|?`; not one of MongoDB's own. Default clickd.
    public var database: String = "clickd"
    /// 1 to 120 bytes, without `$`; not one that clickd keeps for itself. Default events.
    public var collection: String = "events"
    /// How long an event is kept after `receivedAt`. At least a day, must exceed Kafka's retention, at most 68 years
    /// (MongoDB's 32 bits of seconds); nil (`""`): for ever. Default nil.
    public var retain: Duration?
    /// Most bytes of dead letters; beyond it the oldest are given up. 1 MiB to 1 PiB; default 1 GiB.
    public var maxDeadBytes: Int = 1 << 30

    public init() {}
}

extension MongoSettings {
    /// Collections that clickd keeps in the same database.
    private static let ownCollections = [
        "dead_letters", "offsets", "rollups", "rollup_marks", "rollup_state", "rollup_people",
        "suppressions",
    ]

    static var keys: [Key] {
        [
            Key(
                "mongodb.uri", \.mongodb.uri, .mongoURI, "Where MongoDB is; one with a password belongs in uri_file.",
                secret: true, holds: .mongoURIUnlessFile, reload: .live),
            Key(
                "mongodb.uri_file", \.mongodb.uriFile, .secretFile, "A file with the uri, instead of uri.",
                holds: .mongoURI, reload: .live),
            Key(
                "mongodb.database", \.mongodb.database,
                .text("1 to 63 bytes without /\\. \"$*<>:|? or control characters; not admin, local, config") {
                    isPlain($0, bytes: 1...63) && !$0.contains { "/\\. \"$*<>:|?".contains($0) }
                        && !["admin", "local", "config"].contains($0)
                }, "The database; clickd makes its collections in it.", reload: .restart),
            Key(
                "mongodb.collection", \.mongodb.collection,
                .text("1 to 120 bytes without $, not beginning with system. or a dot; not one of clickd's own") {
                    isPlain($0, bytes: 1...120) && !$0.contains("$") && !$0.hasPrefix("system.")
                        && !$0.hasPrefix(".") && !$0.hasSuffix(".") && !ownCollections.contains($0)
                }, "The collection of events.", reload: .restart),
            Key(
                "mongodb.retain", \.mongodb.retain,
                .time(.seconds(86400)...(.seconds(Int32.max)), "1 day to 24855 days"),
                "How long events are kept, and repeats known; must exceed Kafka's retention.", reload: .restart),
            Key(
                "mongodb.max_dead_bytes", \.mongodb.maxDeadBytes, .size(1 << 20...1 << 50),
                "Dead letters beyond this are given up, the oldest first.", reload: .live),
        ]
    }
}
