// The forwarder thread: lends committed batches to librdkafka and gives them back to the outbox when the last of their
// events has its delivery report. An event never leaves the outbox otherwise.
//
// Any failed report, and a fatal error, end the producer: purge, wait for the last reports, make a new one, resend what
// is undelivered from the oldest on, so that a visitor's order holds. Where a request was refused for what is in it,
// the new producer sends one event a request until those are through: an event that is refused alone is dead.
//
// A partition that is stuck holds nobody up: its events are held back but for one, the rest of a batch is delivered, and
// what is left of it goes back into the outbox and out of memory. Once the one is delivered, the outbox is read anew
// from its begin, so that the partition's order holds.
import Events
import Kafka
import Linux
import Settings

package final class KafkaForwarder {
    private let live: LiveSettings
    private var seen = 0
    private var settings: KafkaSettings
    private let door: ForwarderDoor
    private let returned: OutboxReturns
    private let watch: TopicWatch
    private let conditions: Conditions
    private let control: StageControl
    private let status: ForwarderStatus
    private let log: Log
    private var partitioner: Partitioner
    private var lent = LentBatches()
    private var flows = PartitionFlows()
    private var outgoing = OutgoingMessages(capacity: 1)
    /// Slots not yet (wholly) produced, oldest first, and how far the first of them is.
    private var unproduced: [Int] = []
    private var offset = 0
    private var ordinal = 0
    private var isAlone = false
    /// Events below this are sent alone.
    private var aloneUntil: Int64 = 0
    private var failure: (error: KafkaError, judgesContent: Bool)?
    private var finished: [DeliveredBatch] = []
    private var lastDelivery = Monotonic.now
    /// When reports were last looked for: the clock is read once for all that there are.
    private var now = Monotonic.now
    /// Until when what was sent may be reported before the producer is made anew.
    private var renewsBy: Monotonic?
    private static let renewMilliseconds = 5000
    /// What is left of some batches is in the outbox alone.
    private var hasPutBack = false
    /// A stuck partition answered, or there are others now: with the next producer everything is read again.
    private var rewinds = false
    /// How long a partition may be silent while others are not; half of it when they wait for it.
    private let patience: Int
    private var lastMark = Monotonic.now

    package init(
        live: LiveSettings, door: ForwarderDoor, returned: OutboxReturns, watch: TopicWatch,
        conditions: Conditions, control: StageControl, status: ForwarderStatus, log: Log,
        patienceMilliseconds: Int = 10_000
    ) {
        self.live = live
        patience = patienceMilliseconds
        settings = live.now.kafka
        self.door = door
        self.returned = returned
        self.watch = watch
        self.conditions = conditions
        self.control = control
        self.status = status
        self.log = log
        partitioner = KafkaProperties.partitioner(live.now.kafka)
    }

    package func run() -> StageOutcome {
        while watch.partitionCount == 0 {
            control.turn()
            if control.isStopRequested { return .stopped }
            if let new = live.next(&seen) { settings = new.kafka }
            EventDescriptor.wait(forAny: [control.stop.raw, watch.found.raw], milliseconds: 1000)
        }
        do throws(KafkaError) {
            var producer = try open()
            while !control.isStopRequested {
                control.turn()
                adopt()
                takeBatches()
                if renewsBy == nil { produce(producer) }
                let events = [control.stop.raw, door.arrived.raw, producer.wakeDescriptor]
                EventDescriptor.wait(forAny: events, milliseconds: waitMilliseconds)
                drain(producer)
                handOver()
                judgeSilence(producer)
                markStuck()
                if failure != nil || (isAlone && isThroughAlone) || mayRenew(producer) {
                    producer = try restart(producer)
                }
            }
            stop(producer)
            return .stopped
        } catch {
            return .failed(exitCode: 2, reason: "forwarder: \(error)")
        }
    }

    private func open() throws(KafkaError) -> Producer {
        flows.begin(count: max(watch.partitionCount, 1))
        lent.begin()
        outgoing = OutgoingMessages(capacity: KafkaProperties.messagesAtOnce(settings))
        let log = log
        return try Producer.open(KafkaProperties.producer(settings, isAlone: isAlone), topic: settings.topic) {
            level, facility, text in
            log.debug("librdkafka \(facility): \(text)")
        }
    }

    /// Other credentials or properties need another producer. First what was sent is waited for, then it is renewed as after
    /// an error: what is undelivered is sent again, oldest first.
    private func adopt() {
        guard let new = live.next(&seen)?.kafka else { return }
        if !new.hasSameClients(as: settings) {
            log.info("forwarder: goes on with a producer of the new settings")
            renew()
        }
        settings = new
    }

    /// What was sent is waited for, up to a bound; then another producer goes on.
    private func renew() {
        if renewsBy == nil { renewsBy = Monotonic.now.adding(milliseconds: KafkaForwarder.renewMilliseconds) }
    }

    private func mayRenew(_ producer: Producer) -> Bool {
        guard let renewsBy else { return false }
        return producer.outstanding == 0 || Monotonic.now >= renewsBy
    }

    /// With more to produce than librdkafka's queue takes, reports come soon.
    private var waitMilliseconds: Int32 { unproduced.isEmpty ? 1000 : 5 }

    private func takeBatches() {
        for batch in door.take() {
            let slot = lent.add(batch)
            unproduced.append(slot)
        }
    }

    // MARK: Producing

    private func produce(_ producer: Producer) {
        let partitions = max(watch.partitionCount, 1)
        if partitions != flows.count {
            rewinds = true
            return renew()
        }
        var index = 0
        defer { unproduced.removeFirst(index) }
        while index < unproduced.count, failure == nil {
            let slot = unproduced[index]
            guard let batch = lent.batch(slot) else {
                index += 1
                continue
            }
            if isAlone, batch.first >= aloneUntil { return }
            guard produce(batch, slot, producer, partitions) else { return }
            index += 1
            offset = 0
            ordinal = 0
            lent.pass(slot)
            putBackIfHeld(slot)
        }
    }

    /// False when librdkafka's queue is full, or refuses.
    private func produce(_ batch: EventBatch, _ slot: Int, _ producer: Producer, _ partitions: Int32) -> Bool {
        while true {
            let begin = (offset, ordinal)
            fill(batch, slot, partitions)
            if outgoing.count == 0 { return true }
            let taken = producer.produce(outgoing)
            if taken == 0, producer.error(forCode: outgoing.code(0)).name == "_QUEUE_FULL" {
                (offset, ordinal) = begin
                return false
            }
            lent.gave(slot, taken)
            for index in 0..<outgoing.count {
                let code = outgoing.code(index)
                if code == 0 {
                    flows.gave(outgoing.partition(index))
                } else {
                    // One that is dead may finish the batch, and free its slot.
                    note(producer.error(forCode: code), slot: slot, ordinal: Int(outgoing.tag(index) & 0xFFFF_FFFF))
                }
            }
            if failure != nil { return false }
        }
    }

    /// What of a batch is undelivered and not held back, as much as goes into one call.
    private func fill(_ batch: EventBatch, _ slot: Int, _ partitions: Int32) {
        outgoing.removeAll()
        while !outgoing.isFull, let (event, next) = PackedEvents.read(batch.bytes, at: offset) {
            let tag = UInt(slot) << 32 | UInt(ordinal)
            if !lent.isDelivered(slot, ordinal) {
                let partition = partitioner.partition(forKey: event.key, count: partitions)
                if !flows.holdsBack(partition, tag) {
                    outgoing.add(partition: partition, key: event.key, value: event.value, tag: tag)
                }
            }
            offset = next
            ordinal += 1
        }
    }

    // MARK: Reports

    private func drain(_ producer: Producer) {
        now = .now
        producer.drainEvents(
            limit: 50_000,
            onDelivery: { delivery in
                let slot = Int(delivery.tag >> 32)
                let ordinal = Int(delivery.tag & 0xFFFF_FFFF)
                lent.reported(slot)
                if delivery.code == 0 {
                    deliver(slot, ordinal)
                } else {
                    note(producer.error(forCode: delivery.code), slot: slot, ordinal: ordinal)
                }
                noteAnswer(delivery)
            },
            onError: { error, isFatal in
                if isFatal {
                    failure = failure ?? (error, false)
                } else {
                    status.lastError.withLock { $0 = error.text }
                }
            })
    }

    private func noteAnswer(_ delivery: Delivery) {
        guard flows.answered(delivery.partition, isDelivered: delivery.code == 0, at: now) else { return }
        log.notice("forwarder: partition \(delivery.partition) takes events again")
        rewinds = true
        renew()
    }

    private func deliver(_ slot: Int, _ ordinal: Int) {
        lastDelivery = now
        guard let done = lent.deliver(slot, ordinal) else { return putBackIfHeld(slot) }
        finished.append(done)
        if let batch = lent.batch(slot) {
            if let storedAt = batch.storedAt {
                status.delivery.observe(Int(now.nanoseconds - storedAt.nanoseconds))
            }
            door.release(batch)
        }
        lent.remove(slot)
    }

    /// A report that is no delivery: the producer is to be renewed; an event refused alone for what it is, is dead.
    /// Whether it is dead.
    @discardableResult
    private func note(_ error: KafkaError, slot: Int, ordinal: Int) -> Bool {
        let judgesContent = error.remedy == .setAsideIfAlone
        if judgesContent, isAlone, let batch = lent.batch(slot), let event = batch.event(ordinal) {
            lent.addDead(
                slot, ordinal,
                DeadEvent(
                    sequence: batch.first + Int64(event.index), code: error.name.lowercased(), reason: error.text,
                    key: Array(event.key), value: Array(event.value)))
            log.warning("forwarder: an event is dead, Kafka refuses it alone: \(error.text)")
            deliver(slot, ordinal)
            return true
        }
        if failure == nil || judgesContent { failure = (error, judgesContent) }
        return false
    }

    // MARK: Stuck partitions

    /// Looked at four times within a partition's patience.
    private func markStuck() {
        guard lastMark.adding(milliseconds: patience / 4) <= .now else { return }
        lastMark = .now
        mark()
        guard flows.stuckCount > 0 else { return }
        let numbers = flows.stuck.map(String.init).joined(separator: ", ")
        let (noun, verb) = flows.stuckCount == 1 ? ("partition", "takes") : ("partitions", "take")
        conditions.set(
            "forwarder",
            "\(noun) \(numbers) of \(settings.topic) \(verb) nothing, their events wait and others go on: \(silence)")
    }

    private func mark() {
        guard renewsBy == nil, failure == nil, !isAlone, conditions.reason("kafka") == nil else { return }
        let othersWait = !door.hasRoom
        let marked = flows.mark(patience: othersWait ? patience / 2 : patience, othersWait: othersWait)
        guard !marked.isEmpty else { return }
        log.warning(
            "forwarder: partitions \(marked) answer nothing; their events wait in the outbox, the others' go on")
        // What the producer has of them it gives back only when it ends; the others' may still be reported.
        renewsBy = Monotonic.now.adding(milliseconds: 500)
    }

    private func putBackIfHeld(_ slot: Int) {
        if flows.stuckCount > 0, lent.isHeldBack(slot) { putBack(slot) }
    }

    /// What is left of a batch goes out of memory; the outbox has it.
    private func putBack(_ slot: Int) {
        guard let batch = lent.batch(slot) else { return }
        if let part = lent.part(slot) { finished.append(part) }
        door.release(batch)
        lent.remove(slot)
        hasPutBack = true
    }

    private func handOver() {
        returned.give(finished)
        finished.removeAll(keepingCapacity: true)
    }

    /// Nothing delivered for 3 s while something waits is a condition, with librdkafka's last word on it.
    private func judgeSilence(_ producer: Producer) {
        let outstanding = producer.outstanding
        status.inFlight.store(outstanding, ordering: .relaxed)
        if outstanding == 0 { lastDelivery = .now }
        guard flows.stuckCount == 0 else { return }
        let isSilent = Monotonic.milliseconds(from: lastDelivery, to: .now) > 3000
        conditions.set("forwarder", isSilent ? "nothing is delivered to Kafka: \(silence)" : nil)
    }

    private var silence: String {
        if let standstill = watch.standstill { return standstill }
        let said = status.lastError.withLock { $0 }
        return said.map { KafkaCause.sentence($0, settings) } ?? "no answer from the brokers"
    }

    // MARK: A new producer

    private var isThroughAlone: Bool {
        lent.inOrder.allSatisfy { slot in
            (lent.batch(slot)?.first ?? .max) >= aloneUntil || lent.hasOnly(flows.probes(in: slot), slot)
        }
    }

    private func restart(_ old: Producer) throws(KafkaError) -> Producer {
        let cause = failure
        let wasAlone = isAlone
        failure = nil
        renewsBy = nil
        partitioner = KafkaProperties.partitioner(settings)
        now = .now
        // What is still outstanding comes back as purged: undelivered, and resent by the new producer.
        old.close { delivery in
            if delivery.code == 0 { deliver(Int(delivery.tag >> 32), Int(delivery.tag & 0xFFFF_FFFF)) }
        }
        failure = nil
        if rewinds { rewind() }
        if cause?.judgesContent == true {
            isAlone = true
            let newest = lent.inOrder.last.flatMap { lent.batch($0) }
            aloneUntil = newest.map { $0.first + Int64($0.eventCount) } ?? 0
        } else if wasAlone, isThroughAlone {
            isAlone = false
        }
        unproduced = Array(lent.inOrder)
        offset = 0
        ordinal = 0
        handOver()
        if let cause {
            status.restarts.add(1, ordering: .relaxed)
            conditions.set("forwarder", "resending: \(cause.error.text) (\(cause.error.name))")
            if cause.error.remedy != .setAsideIfAlone { _ = control.stop.wait(milliseconds: 200) }
        }
        lastDelivery = .now
        return try open()
    }

    /// Everything is read from the outbox again, in its order, where some of it is there alone.
    private func rewind() {
        rewinds = false
        guard hasPutBack else { return }
        for slot in Array(lent.inOrder) { putBack(slot) }
        hasPutBack = false
        handOver()
        door.rewind()
    }

    /// What was sent may still be reported for 3 s; the rest waits in the outbox.
    private func stop(_ producer: Producer) {
        let deadline = Monotonic.now.adding(milliseconds: 3000)
        while producer.outstanding > 0, Monotonic.now < deadline {
            EventDescriptor.wait(forAny: [producer.wakeDescriptor], milliseconds: 50)
            drain(producer)
        }
        producer.close { delivery in
            if delivery.code == 0 { deliver(Int(delivery.tag >> 32), Int(delivery.tag & 0xFFFF_FFFF)) }
        }
        handOver()
    }
}
