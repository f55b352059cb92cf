// The forwarder thread: lends committed batches to librdkafka and gives them back to the outbox when the last of their
// events has its delivery report. An event never leaves the outbox otherwise.
//
// Any failed report, and a fatal error, end the producer: purge, wait for the last reports, make a new one, resend what
// is undelivered from the oldest on, so that a visitor's order holds. Where a request was refused for what is in it,
// the new producer sends one event a request until those are through: an event that is refused alone is dead.
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
    /// Until when what was sent may be reported before the producer is made anew of new settings.
    private var renewsBy: Monotonic?
    private static let renewMilliseconds = 5000

    package init(
        live: LiveSettings, door: ForwarderDoor, returned: OutboxReturns, watch: TopicWatch,
        conditions: Conditions, control: StageControl, status: ForwarderStatus, log: Log
    ) {
        self.live = live
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
            waitFor([control.stop.raw, watch.found.raw], milliseconds: 1000)
        }
        do throws(KafkaError) {
            var producer = try open()
            while !control.isStopRequested {
                control.turn()
                adopt()
                takeBatches()
                if renewsBy == nil { produce(producer) }
                waitFor([control.stop.raw, door.arrived.raw, producer.wakeDescriptor], milliseconds: waitMilliseconds)
                drain(producer)
                handOver()
                judgeSilence(producer)
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
            renewsBy = Monotonic.now.adding(milliseconds: KafkaForwarder.renewMilliseconds)
        }
        settings = new
    }

    private func mayRenew(_ producer: Producer) -> Bool {
        guard let renewsBy else { return false }
        return producer.outstanding == 0 || Monotonic.now >= renewsBy
    }

    /// With more to produce than librdkafka's queue takes, reports come soon.
    private var waitMilliseconds: Int32 { unproduced.isEmpty ? 1000 : 5 }

    private func waitFor(_ descriptors: [Int32], milliseconds: Int32) {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&entries, nfds_t(entries.count), milliseconds)
    }

    private func takeBatches() {
        for batch in door.take() {
            let slot = lent.add(batch)
            unproduced.append(slot)
        }
    }

    // MARK: Producing

    private func produce(_ producer: Producer) {
        let partitions = max(watch.partitionCount, 1)
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
        }
    }

    /// False when librdkafka's queue is full, or refuses.
    private func produce(_ batch: EventBatch, _ slot: Int, _ producer: Producer, _ partitions: Int32) -> Bool {
        while let (event, next) = PackedEvents.read(batch.bytes, at: offset) {
            if !lent.isDelivered(slot, ordinal) {
                let code = producer.produce(
                    partition: partitioner.partition(forKey: event.key, count: partitions), key: event.key,
                    value: event.value, tag: UInt(slot) << 32 | UInt(ordinal))
                if code != 0, !isSetAside(producer.error(forCode: code), slot: slot, ordinal: ordinal) { return false }
            }
            offset = next
            ordinal += 1
        }
        return true
    }

    /// Whether the event that librdkafka did not take is dead; then the next one follows, even where the batch is
    /// finished by this and its slot free again.
    private func isSetAside(_ error: KafkaError, slot: Int, ordinal: Int) -> Bool {
        error.name != "_QUEUE_FULL" && note(error, slot: slot, ordinal: ordinal)
    }

    // MARK: Reports

    private func drain(_ producer: Producer) {
        producer.drainEvents(
            limit: 50_000,
            onDelivery: { delivery in
                let slot = Int(delivery.tag >> 32)
                let ordinal = Int(delivery.tag & 0xFFFF_FFFF)
                if delivery.code == 0 {
                    deliver(slot, ordinal)
                } else {
                    note(producer.error(forCode: delivery.code), slot: slot, ordinal: ordinal)
                }
            },
            onError: { error, isFatal in
                if isFatal {
                    failure = failure ?? (error, false)
                } else {
                    status.lastError.withLock { $0 = error.text }
                }
            })
    }

    private func deliver(_ slot: Int, _ ordinal: Int) {
        lastDelivery = .now
        guard let done = lent.deliver(slot, ordinal) else { return }
        finished.append(done)
        if let batch = lent.batch(slot) {
            if let storedAt = batch.storedAt {
                status.delivery.observe(Int(lastDelivery.nanoseconds - storedAt.nanoseconds))
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
        if judgesContent, isAlone, let batch = lent.batch(slot), let event = event(ordinal, of: batch) {
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

    private func event(_ ordinal: Int, of batch: EventBatch) -> PackedEvent? {
        var offset = 0
        var index = 0
        while let (event, next) = PackedEvents.read(batch.bytes, at: offset) {
            if index == ordinal { return event }
            offset = next
            index += 1
        }
        return nil
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
        let isSilent = Monotonic.milliseconds(from: lastDelivery, to: .now) > 3000
        guard isSilent else { return conditions.set("forwarder", nil) }
        let said = status.lastError.withLock { $0 }
        let text = said.map { KafkaCause.sentence($0, settings) } ?? "no answer from the brokers"
        conditions.set("forwarder", "nothing is delivered to Kafka: \(text)")
    }

    // MARK: A new producer

    private var isThroughAlone: Bool {
        lent.inOrder.allSatisfy { (lent.batch($0)?.first ?? .max) >= aloneUntil }
    }

    private func restart(_ old: Producer) throws(KafkaError) -> Producer {
        let cause = failure
        let wasAlone = isAlone
        failure = nil
        if renewsBy != nil { log.info("forwarder: goes on with a producer of the new settings") }
        renewsBy = nil
        partitioner = KafkaProperties.partitioner(settings)
        // What is still outstanding comes back as purged: undelivered, and resent by the new producer.
        old.close { delivery in
            if delivery.code == 0 { deliver(Int(delivery.tag >> 32), Int(delivery.tag & 0xFFFF_FFFF)) }
        }
        failure = nil
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

    /// What was sent may still be reported for 3 s; the rest waits in the outbox.
    private func stop(_ producer: Producer) {
        let deadline = Monotonic.now.adding(milliseconds: 3000)
        while producer.outstanding > 0, Monotonic.now < deadline {
            waitFor([producer.wakeDescriptor], milliseconds: 50)
            drain(producer)
        }
        producer.close { delivery in
            if delivery.code == 0 { deliver(Int(delivery.tag >> 32), Int(delivery.tag & 0xFFFF_FFFF)) }
        }
        handOver()
    }
}
