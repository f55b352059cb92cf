// [outbox]: where accepted events lie until they are delivered, and how much room they may take.

/// What stands in `[outbox]`.
public struct OutboxSettings: Sendable, Equatable {
    /// A folder, absolute path. Default /var/lib/clickd/outbox.
    public var path: String = "/var/lib/clickd/outbox"
    /// Most bytes of used pages; at this limit no new events are taken. 4 MiB to 1 PiB; default 4 GiB.
    public var maxBytes: Int = 4 << 30
    /// Free bytes left on the file system below which no new events are taken. 0 to 1 PiB; default 256 MiB.
    public var minFreeBytes: Int = 256 << 20
    /// Most bytes of dead letters, at most a quarter of `maxBytes` whatever is said here; beyond it the oldest are given
    /// up. 1 MiB to 1 PiB; default 64 MiB.
    public var maxDeadBytes: Int = 64 << 20

    public init() {}
}

extension OutboxSettings {
    static var keys: [Key] {
        [
            Key(
                "outbox.path", \.outbox.path, .folder,
                "Where events lie until they are delivered; a disk that can sync.", reload: .restart),
            Key(
                "outbox.max_bytes", \.outbox.maxBytes, .size(4 << 20...1 << 50),
                "How long Kafka may be away: this much of events.", reload: .live),
            Key(
                "outbox.min_free_bytes", \.outbox.minFreeBytes, .size(0...1 << 50),
                "Room on the disk that clickd leaves to others.", reload: .live),
            Key(
                "outbox.max_dead_bytes", \.outbox.maxDeadBytes, .size(1 << 20...1 << 50),
                "Dead letters beyond this, or a quarter of max_bytes, are given up, the oldest first.", reload: .live),
        ]
    }
}
