// An event that the next in line refuses for good, as it lies aside: in the outbox (Kafka refused it; in mode "direct",
// MongoDB) or in MongoDB's collection `dead_letters` (MongoDB refused what came from Kafka). And which of them a command
// is about.

public struct DeadLetter: Sendable {
    /// The outbox's sequence number, or topic/partition/offset.
    public let id: String
    public let code: String
    public let reason: String
    /// When it was first and last refused, ms since 1970, and how often it was looked at.
    public let first: Int64
    public let last: Int64
    public let count: Int
    public let key: [UInt8]
    /// The event's own bytes; empty where they were not asked for.
    public let value: [UInt8]
    /// How many they are.
    public let valueBytes: Int

    public init(
        id: String, code: String, reason: String, first: Int64, last: Int64, count: Int, key: [UInt8], value: [UInt8],
        valueBytes: Int
    ) {
        self.id = id
        self.code = code
        self.reason = reason
        self.first = first
        self.last = last
        self.count = count
        self.key = key
        self.value = value
        self.valueBytes = valueBytes
    }
}

public struct DeadFilter: Sendable, Equatable {
    /// Empty: any.
    public var ids: [String] = []
    /// Empty: any.
    public var codes: [String] = []
    /// Last refused at this time or later, ms since 1970.
    public var since: Int64?
    /// Last refused before this time.
    public var until: Int64?

    public init() {}

    public var isEmpty: Bool { self == DeadFilter() }
}

/// The code of an event whose messageId another event has.
public let idConflictCode = "id_conflict"
