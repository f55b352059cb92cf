// [outbox]: where accepted events lie until they are delivered, and how much room they may take.

/// What stands in `[outbox]`.
public struct OutboxSettings: Sendable, Equatable {
    /// A folder, absolute path. Default /var/lib/clickd/outbox.
    public var path: String = "/var/lib/clickd/outbox"
    /// Most bytes of used pages; at this limit no new events are taken. 4 MiB to 1 PiB; default 4 GiB.
    public var maxBytes: Int = 4 << 30
    /// Free bytes left on the file system below which no new events are taken. 0 to 1 PiB; default 256 MiB.
    public var minFreeBytes: Int = 256 << 20

    public init() {}
}
