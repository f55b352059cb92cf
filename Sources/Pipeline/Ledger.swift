// What became of every event, from the first byte on. Sums that must agree:
//   received = stored + rejected + pending
//   stored   = outbox + forwarded + dead + dropped + lost
//   consumed = inserted + duplicates + consumerDead + consumerPending
// The first two are kept in the outbox's own transactions. `received` is counted by intake line by line and `stored`
// from the packed rows, so that a slip of either shows.
import Events

public struct Ledger: Sendable, Equatable {
    public var received = 0
    public var stored = 0
    /// By `Rejection.rawValue`.
    public var rejected = [Int](repeating: 0, count: Rejection.allCases.count)
    /// Read, and waiting for the commit that runs.
    public var pending = 0
    /// In the outbox's rows.
    public var outbox = 0
    public var forwarded = 0
    /// Among the forwarder's dead letters now.
    public var dead = 0
    public var dropped = 0
    public var lost = 0
    public var datagramsLost = 0
    /// The consumer's side; in mode "direct" it is kept in the outbox too.
    public var consumer = ConsumerLedger()

    public init() {}

    public var rejectedTotal: Int { rejected.reduce(0, +) }

    /// Whether every sum agrees.
    public var isBalanced: Bool {
        received == stored + rejectedTotal + pending && stored == outbox + forwarded + dead + dropped + lost
            && consumer.isBalanced
    }
}

public struct ConsumerLedger: Sendable, Equatable {
    public var consumed = 0
    public var inserted = 0
    public var duplicates = 0
    public var dead = 0
    public var pending = 0
    /// Offsets that were never seen: expired, or deleted, before they were consumed.
    public var skipped = 0

    public init() {}

    public var isBalanced: Bool { consumed == inserted + duplicates + dead + pending }

    public static func += (a: inout ConsumerLedger, b: ConsumerLedger) {
        a.consumed += b.consumed
        a.inserted += b.inserted
        a.duplicates += b.duplicates
        a.dead += b.dead
        a.pending += b.pending
        a.skipped += b.skipped
    }
}
