// What intake knows of the outbox: give it sealed batches, see how full it is, hear of commits. Locked queues between
// the two threads; bytes waiting are bounded by intake, which stops reading beyond `maxWaitingBytes`.
import Linux
import Synchronization

public final class OutboxDoor: Sendable {
    /// Streams are not read while this much waits for its commit.
    public static let maxWaitingBytes = 8 << 20

    struct Waiting {
        var batches: [EventBatch] = []
        var bytes = 0
        /// Of the batches that are being committed; no part of `bytes`.
        var committingBytes = 0
        var received = 0
        var isCommitting = false
    }

    let waiting = Guarded(Waiting())
    private let committed = Guarded<[EventBatch]>([])
    /// Signalled after every commit, and when room comes back.
    public let progress: EventDescriptor
    private let usedBytes = Atomic<Int>(0)
    private let blocked = Atomic<Bool>(false)
    private let closed = Atomic<Bool>(false)
    private let limit: Atomic<Int>

    public init(maxBytes: Int) throws(SystemError) {
        limit = Atomic(maxBytes)
        progress = try EventDescriptor()
    }

    public var maxBytes: Int { limit.load(ordering: .relaxed) }

    // Intake's side.

    public func give(_ batch: EventBatch) {
        waiting.update {
            $0.batches.append(batch)
            $0.bytes += batch.byteCount
            $0.received += batch.received
        }
    }

    public var waitingBytes: Int { waiting.withLock { $0.bytes } }

    /// Whether the outbox has nothing to do: then even one event is worth a commit.
    public var isIdle: Bool { waiting.withLock { $0.batches.isEmpty && !$0.isCommitting } }

    /// Whether the outbox takes no new events: at its limit, or the disk is at its floor.
    public var isFull: Bool {
        if blocked.load(ordering: .relaxed) { return true }
        // Read under the lock: what a commit moves from one to the other is never missed.
        return waiting.withLock { usedBytes.load(ordering: .relaxed) + $0.bytes + $0.committingBytes } >= maxBytes
    }

    /// The batches committed since the last call.
    public func takeCommitted() -> [EventBatch] {
        committed.withLock { batches in
            defer { batches.removeAll(keepingCapacity: true) }
            return batches
        }
    }

    /// Wakes the outbox for something other than a batch.
    func wake() { waiting.update { _ in } }

    /// The outbox has ended: no commit will come any more.
    public var isClosed: Bool { closed.load(ordering: .acquiring) }

    // The outbox's side.

    func setMaxBytes(_ bytes: Int) { limit.store(bytes, ordering: .relaxed) }

    func close() {
        closed.store(true, ordering: .releasing)
        progress.signal()
    }

    /// `usedBytes`: with `batches`, measured or more.
    func finish(_ batches: [EventBatch], usedBytes used: Int) {
        committed.withLock { $0.append(contentsOf: batches) }
        waiting.withLock {
            $0.isCommitting = false
            $0.committingBytes = 0
            usedBytes.store(used, ordering: .relaxed)
        }
        progress.signal()
    }

    func state(usedBytes used: Int, isBlocked: Bool) {
        let wasFull = isFull
        usedBytes.store(used, ordering: .relaxed)
        blocked.store(isBlocked, ordering: .relaxed)
        // Streams that wait go on at once.
        if wasFull != isFull { progress.signal() }
    }
}
