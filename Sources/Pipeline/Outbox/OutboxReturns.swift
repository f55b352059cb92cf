// Delivered batches on their way back from the forwarder to the outbox's next commit.
import Linux

final class OutboxReturns: Sendable {
    private let delivered = Guarded<[DeliveredBatch]>([])

    func give(_ more: [DeliveredBatch]) {
        guard !more.isEmpty else { return }
        delivered.withLock { $0.append(contentsOf: more) }
    }

    func take() -> [DeliveredBatch] {
        delivered.withLock { batches in
            defer { batches = [] }
            return batches
        }
    }

    func giveBack(_ batches: [DeliveredBatch]) { delivered.withLock { $0.insert(contentsOf: batches, at: 0) } }

    var isEmpty: Bool { delivered.withLock { $0.isEmpty } }
}
