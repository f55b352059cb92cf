// Batches whose memory the producer has: which of their events are not delivered yet. Plain memory, since every
// delivery report comes by here. Belongs to the forwarder thread.
import Events
import Linux

package struct LentBatch {
    let batch: EventBatch
    var remaining: Int
    /// With the producer, unreported.
    var outstanding = 0
    /// Each of its events was given to the producer, or is held back.
    var isPassed = false
    /// A bit an event, set when delivered (or dead).
    var delivered: UnsafeMutablePointer<UInt64>
    var dead: [DeadEvent] = []
}

package struct LentBatches: ~Copyable {
    /// By slot; a slot is part of the tag that librdkafka gives back.
    private var slots: UnsafeMutablePointer<LentBatch?>
    private var capacity = 256
    private var free: [Int] = []
    private var used = 0
    /// Slots in the order of their events, from `head` on.
    private(set) var order: [Int] = []
    private var head = 0

    package init() {
        slots = .allocate(capacity: 256)
        slots.initialize(repeating: nil, count: 256)
    }

    deinit {
        for slot in 0..<capacity { slots[slot]?.delivered.deallocate() }
        slots.deinitialize(count: capacity)
        slots.deallocate()
    }

    package var isEmpty: Bool { head == order.count }

    /// Slots that still have events to deliver, oldest first.
    package var inOrder: ArraySlice<Int> { order[head...] }

    package mutating func add(_ batch: EventBatch) -> Int {
        let slot = free.popLast() ?? used
        if slot == used { used += 1 }
        if slot >= capacity { grow() }
        let words = (batch.eventCount + 63) / 64
        let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: max(words, 1))
        bits.initialize(repeating: 0, count: max(words, 1))
        slots[slot] = LentBatch(batch: batch, remaining: batch.eventCount, delivered: bits)
        order.append(slot)
        return slot
    }

    package func batch(_ slot: Int) -> EventBatch? { slots[slot]?.batch }

    package func isDelivered(_ slot: Int, _ ordinal: Int) -> Bool {
        slots[slot].map { $0.delivered[ordinal >> 6] & (1 << UInt64(ordinal & 63)) != 0 } ?? true
    }

    /// Notes that the producer took some of its events, or reported one.
    package mutating func gave(_ slot: Int, _ count: Int) { slots[slot]?.outstanding &+= count }
    package mutating func reported(_ slot: Int) { if slot < capacity { slots[slot]?.outstanding &-= 1 } }

    /// Notes that all of its events were given to the producer or held back.
    package mutating func pass(_ slot: Int) { slots[slot]?.isPassed = true }

    /// Another producer: it has nothing yet.
    package mutating func begin() {
        for slot in inOrder {
            slots[slot]?.outstanding = 0
            slots[slot]?.isPassed = false
        }
    }

    /// Whether only events that are held back are left of it.
    package func isHeldBack(_ slot: Int) -> Bool {
        slot < capacity && slots[slot].map { $0.isPassed && $0.outstanding == 0 && $0.remaining > 0 } ?? false
    }

    /// Whether all of it was given to the producer or held back, and no more than `count` events are unreported.
    package func hasOnly(_ count: Int, _ slot: Int) -> Bool {
        count > 0 && slots[slot].map { $0.isPassed && $0.outstanding <= count } ?? false
    }

    /// What was delivered of it and what is left; nil where nothing was.
    package func part(_ slot: Int) -> DeliveredBatch? {
        guard let lent = slots[slot], lent.remaining < lent.batch.eventCount else { return nil }
        let rest = EventBatch(capacity: lent.batch.byteCount)
        rest.first = lent.batch.first
        var ordinal = 0
        _ = PackedEvents.forEach(lent.batch.bytes) { event in
            if !isDelivered(slot, ordinal) { rest.append(event) }
            ordinal += 1
        }
        rest.seal()
        var done = DeliveredBatch(
            first: lent.batch.first, eventCount: lent.batch.eventCount - lent.remaining, dead: lent.dead)
        done.rest = rest
        return done
    }

    /// Notes a delivery; the finished batch when it was its last.
    package mutating func deliver(_ slot: Int, _ ordinal: Int) -> DeliveredBatch? {
        guard slot < capacity, slots[slot] != nil else { return nil }
        let bit: UInt64 = 1 << UInt64(ordinal & 63)
        guard let bits = slots[slot]?.delivered, bits[ordinal >> 6] & bit == 0 else { return nil }
        bits[ordinal >> 6] |= bit
        slots[slot]?.remaining -= 1
        guard let lent = slots[slot], lent.remaining == 0 else { return nil }
        return DeliveredBatch(first: lent.batch.first, eventCount: lent.batch.eventCount, dead: lent.dead)
    }

    /// Notes that an event is dead, before `deliver` takes it off; once, however often that is reported.
    package mutating func addDead(_ slot: Int, _ ordinal: Int, _ event: DeadEvent) {
        guard !isDelivered(slot, ordinal) else { return }
        slots[slot]?.dead.append(event)
    }

    /// Forgets finished batch `slot`.
    package mutating func remove(_ slot: Int) {
        slots[slot]?.delivered.deallocate()
        slots[slot] = nil
        free.append(slot)
        if let index = order[head...].firstIndex(of: slot) {
            if index == head { head += 1 } else { order.remove(at: index) }
        }
        if head > 1024, head * 2 > order.count {
            order.removeFirst(head)
            head = 0
        }
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<LentBatch?>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: slots, count: capacity)
        (larger + capacity).initialize(repeating: nil, count: capacity)
        slots.deallocate()
        slots = larger
        capacity *= 2
    }
}
