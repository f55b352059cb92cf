// Records that are written to MongoDB together, and what became of each. Made by the consumer (or the direct
// forwarder), worked on by one writer thread, then given back.
import Rollups

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
    /// The stretches to roll up again, each with how many of the events it concerns.
    var places: [SegmentPlace: Int] = [:]
    /// Which assignment of partitions it belongs to; finished writes of an older one are ignored.
    let generation: Int
    /// The oldest record's time in Kafka, ms since 1970.
    let oldestMilliseconds: Int64
    private let onRelease: () -> Void
    var isFinished = false
    /// Its dead events have been counted by `DeadRate`.
    var isDeadCounted = false

    init(records: [EventRecord], generation: Int, onRelease: @escaping () -> Void) {
        self.records = records
        self.generation = generation
        self.onRelease = onRelease
        oldestMilliseconds = records.map(\.timestampMilliseconds).min() ?? 0
        outcomes = Array(repeating: .waiting, count: records.count)
    }

    func release() { onRelease() }
}
