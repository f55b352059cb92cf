// While every writer is busy for long, polling goes on, for the group, but brings nothing. librdkafka may keep a pause
// through revocation and assignment, so it is ended before either; and only what has begun to deliver is paused
// (Consumer.pause).
import Kafka

struct PausedPartitions {
    private var paused: Set<Int32> = []

    var isEmpty: Bool { paused.isEmpty }

    /// Pauses those of `partitions` that deliver.
    mutating func add(_ partitions: [Int32: PartitionState], _ consumer: Consumer) {
        let new = partitions.filter { $0.value.polled > 0 && !paused.contains($0.key) }.map(\.key)
        if !new.isEmpty, (try? consumer.pause(new)) != nil { paused.formUnion(new) }
    }

    /// They go on, at the latest when this is asked for again.
    mutating func end(_ consumer: Consumer) {
        if !paused.isEmpty, (try? consumer.resume(Array(paused))) != nil { paused = [] }
    }
}
