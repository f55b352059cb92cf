// Records that are written to MongoDB together, and what became of each. Made by the consumer (or the direct
// forwarder), worked on by one writer thread, then given back.

package enum RecordOutcome: Sendable, Equatable {
    case waiting
    case inserted
    /// The same event was there already.
    case duplicate
    case dead(code: String, reason: String)
}

/// `@unchecked Sendable`: one owner at a time, handed over through locked queues. What `records` point to lives until
/// `release` is called, by the owner, after the chunk came back.
final class WriteChunk: @unchecked Sendable {
    let records: [EventRecord]
    var outcomes: [RecordOutcome]
    /// Event times of the records that became documents, beside them: the minutes to roll up again.
    var times: [Int64?]
    /// Which assignment of partitions it belongs to; finished writes of an older one are ignored.
    let generation: Int
    private let onRelease: () -> Void
    var isFinished = false
    /// Its dead events have been counted by `DeadRate`.
    var isDeadCounted = false

    init(records: [EventRecord], generation: Int, onRelease: @escaping () -> Void) {
        self.records = records
        self.generation = generation
        self.onRelease = onRelease
        outcomes = Array(repeating: .waiting, count: records.count)
        times = Array(repeating: nil, count: records.count)
    }

    func release() { onRelease() }
}
