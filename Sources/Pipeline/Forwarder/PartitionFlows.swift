// How each partition fares. One that answers nothing for a while, where others do, is *stuck*: but for one event, its
// probe, its events are held back until the probe is answered. Belongs to the forwarder thread.
import Linux

package struct PartitionFlows {
    private struct Flow {
        /// With the producer, unanswered.
        var outstanding = 0
        /// When it answered last, or was given something after it had answered all.
        var heard = Monotonic(nanoseconds: 0)
        var isStuck = false
        /// Of a stuck one: its oldest event, which alone goes to the producer.
        var probe: UInt?
    }

    private var flows: [Flow]
    private var heard = Monotonic(nanoseconds: 0)
    private(set) var stuckCount = 0

    package init(count: Int32 = 0) { flows = Array(repeating: Flow(), count: Int(count)) }

    package var count: Int32 { Int32(truncatingIfNeeded: flows.count) }
    package var stuck: [Int] { flows.indices.filter { flows[$0].isStuck } }

    /// Whether the event with this tag waits; the first of a stuck partition that is asked for is its probe.
    @inline(__always)
    package mutating func holdsBack(_ partition: Int32, _ tag: UInt) -> Bool {
        guard stuckCount > 0, flows[Int(partition)].isStuck else { return false }
        if flows[Int(partition)].probe == nil { flows[Int(partition)].probe = tag }
        return flows[Int(partition)].probe != tag
    }

    /// The producer took an event.
    @inline(__always)
    package mutating func gave(_ partition: Int32) {
        if flows[Int(partition)].outstanding == 0 { flows[Int(partition)].heard = .now }
        flows[Int(partition)].outstanding &+= 1
    }

    /// A report came. True when it ends a stuck partition's silence.
    @inline(__always)
    package mutating func answered(_ partition: Int32, isDelivered: Bool, at now: Monotonic) -> Bool {
        guard partition >= 0, Int(partition) < flows.count else { return false }
        flows[Int(partition)].outstanding &-= 1
        guard isDelivered else { return false }
        flows[Int(partition)].heard = now
        heard = now
        guard flows[Int(partition)].isStuck else { return false }
        flows[Int(partition)].isStuck = false
        stuckCount -= 1
        return true
    }

    /// How many events of a slot are probes.
    package func probes(in slot: Int) -> Int {
        stuckCount == 0 ? 0 : flows.count { $0.probe.map { Int($0 >> 32) == slot } ?? false }
    }

    /// Another producer: nothing is with it, and each stuck partition's probe is chosen anew.
    package mutating func begin(count: Int32) {
        if count != self.count {
            // Visitors may have another partition now.
            flows = Array(repeating: Flow(), count: Int(count))
            stuckCount = 0
        }
        for index in flows.indices {
            flows[index].outstanding = 0
            flows[index].probe = nil
        }
    }

    /// Marks partitions that were silent for `patience` ms where another one has answered since, or `othersWait` for
    /// them. Never all: then Kafka is away, and there is nobody to go on for. Those that it marked.
    package mutating func mark(patience: Int, othersWait: Bool) -> [Int] {
        let now = Monotonic.now
        let silent = flows.indices.filter {
            !flows[$0].isStuck && flows[$0].outstanding > 0 && (othersWait || flows[$0].heard < heard)
                && Monotonic.milliseconds(from: flows[$0].heard, to: now) > patience
        }
        guard stuckCount + silent.count < flows.count else { return [] }
        for index in silent { flows[index].isStuck = true }
        stuckCount += silent.count
        return silent
    }
}
