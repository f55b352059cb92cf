// Delivered batches on their way back from the forwarder to the outbox's next commit.
import Linux

package final class OutboxReturns: Sendable {
    private let delivered = Guarded<[DeliveredBatch]>([])

    package init() {}

    package func give(_ more: [DeliveredBatch]) {
        guard !more.isEmpty else { return }
        delivered.withLock { $0.append(contentsOf: more) }
    }

    package func take() -> [DeliveredBatch] {
        delivered.withLock { batches in
            defer { batches = [] }
            return batches
        }
    }

    func giveBack(_ batches: [DeliveredBatch]) { delivered.withLock { $0.insert(contentsOf: batches, at: 0) } }

    package var isEmpty: Bool { delivered.withLock { $0.isEmpty } }
}
