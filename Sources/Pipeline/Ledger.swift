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
    /// Dead letters given up: by an operator, or by `deadEvicted`.
    public var dropped = 0
    /// Of `dropped`: the oldest letters, which made room for new ones.
    public var deadEvicted = 0
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
    /// Set aside; those given up since are among them, so that what was consumed stays accounted for.
    public var dead = 0
    /// Of `dead`: letters that are there no longer, given up by an operator or to make room.
    public var dropped = 0
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
        a.dropped += b.dropped
        a.pending += b.pending
        a.skipped += b.skipped
    }

    /// What has come to `a` since it was `b`.
    static func - (a: ConsumerLedger, b: ConsumerLedger) -> ConsumerLedger {
        var change = ConsumerLedger()
        change.consumed = a.consumed - b.consumed
        change.inserted = a.inserted - b.inserted
        change.duplicates = a.duplicates - b.duplicates
        change.dead = a.dead - b.dead
        change.dropped = a.dropped - b.dropped
        change.pending = a.pending - b.pending
        change.skipped = a.skipped - b.skipped
        return change
    }
}
