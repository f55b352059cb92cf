// Between outbox and forwarder: committed batches go one way, delivered ones come back. What the forwarder holds is
// bounded in bytes; beyond the window the outbox keeps to the disk and reads on when there is room.
import Linux
import Synchronization

package final class ForwarderDoor: Sendable {
    /// Bytes of batches in memory between the commit and the last delivery report.
    package static let windowBytes = 48 << 20

    private let batches = Guarded<[EventBatch]>([])
    private let held = Atomic<Int>(0)
    /// Signalled when batches wait for the forwarder.
    package let arrived: EventDescriptor

    package init() throws(SystemError) { arrived = try EventDescriptor() }

    package var hasRoom: Bool { held.load(ordering: .relaxed) < ForwarderDoor.windowBytes }

    /// The outbox's side.
    package func give(_ more: [EventBatch]) {
        guard !more.isEmpty else { return }
        held.add(more.reduce(0) { $0 + $1.byteCount }, ordering: .relaxed)
        batches.withLock { $0.append(contentsOf: more) }
        arrived.signal()
    }

    /// The forwarder's side: what has come since the last call.
    package func take() -> [EventBatch] {
        arrived.clear()
        return batches.withLock { batches in
            defer { batches = [] }
            return batches
        }
    }

    /// A batch's memory is given back.
    package func release(_ batch: EventBatch) { held.subtract(batch.byteCount, ordering: .relaxed) }
}
