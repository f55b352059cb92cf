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

    public init() {}
}
