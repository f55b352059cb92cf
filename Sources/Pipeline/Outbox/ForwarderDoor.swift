// Between outbox and forwarder: committed batches go one way, delivered ones come back. What the forwarder holds is
// bounded in bytes; beyond the window the outbox keeps to the disk and reads on when there is room. A rewind makes it
// read everything that is still there from the begin.
import Linux
import Synchronization

package final class ForwarderDoor: Sendable {
    /// Bytes of batches in memory between the commit and the last delivery report.
    package static let windowBytes = 36 << 20

    private struct Waiting {
        var batches: [EventBatch] = []
        var isRewound = false
    }

    private let waiting = Guarded(Waiting())
    private let held = Atomic<Int>(0)
    /// Signalled when batches wait for the forwarder.
    package let arrived: EventDescriptor

    package init() throws(SystemError) { arrived = try EventDescriptor() }

    package var hasRoom: Bool { held.load(ordering: .relaxed) < ForwarderDoor.windowBytes }

    /// The outbox's side.
    package func give(_ more: [EventBatch]) {
        guard !more.isEmpty else { return }
        waiting.withLock { waiting in
            // They will be read again.
            guard !waiting.isRewound else { return }
            held.add(more.reduce(0) { $0 + $1.byteCount }, ordering: .relaxed)
            waiting.batches.append(contentsOf: more)
        }
        arrived.signal()
    }

    /// The forwarder holds nothing any more and wants all that is undelivered from the oldest on.
    package var isRewound: Bool { waiting.withLock { $0.isRewound } }

    /// The outbox begins anew; what it gives counts again.
    package func goOn() { waiting.withLock { $0.isRewound = false } }

    /// The forwarder's side: what has come since the last call.
    package func take() -> [EventBatch] {
        arrived.clear()
        return waiting.withLock { waiting in
            defer { waiting.batches = [] }
            return waiting.batches
        }
    }

    /// Lets go of what waits here; nothing comes until the outbox begins anew. What was delivered must be with it.
    package func rewind() {
        waiting.withLock { waiting in
            waiting.batches.forEach(release)
            waiting.batches = []
            waiting.isRewound = true
        }
    }

    /// A batch's memory is given back.
    package func release(_ batch: EventBatch) { held.subtract(batch.byteCount, ordering: .relaxed) }
}
