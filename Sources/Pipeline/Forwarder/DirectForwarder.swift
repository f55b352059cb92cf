// The forwarder thread of mode "direct": no Kafka; batches go to MongoDB by the same writers, with the same keys. What
// leaves the outbox counts as forwarded and as consumed.
import Events
import Linux
import Mongo
import Settings

final class DirectForwarder {
    private let live: LiveSettings
    private var seen = 0
    private var mongo: MongoSettings
    private let door: ForwarderDoor
    private let returned: OutboxReturns
    private let conditions: Conditions
    private let control: StageControl
    private let status: WriterStatus
    private var pool: WriterPool
    private var waiting: [EventBatch] = []
    /// The batches of each chunk given to the writers.
    private var batchesOf: [ObjectIdentifier: (WriteChunk, [EventBatch])] = [:]

    init(
        live: LiveSettings, door: ForwarderDoor, returned: OutboxReturns, conditions: Conditions,
        control: StageControl, status: WriterStatus
    ) throws {
        self.live = live
        mongo = live.now.mongodb
        self.door = door
        self.returned = returned
        self.conditions = conditions
        self.control = control
        self.status = status
        pool = try WriterPool(settings: live.now.mongodb, conditions: conditions, status: status)
    }

    func run() -> StageOutcome {
        defer { pool.stop() }
        do { try work() } catch { return .failed(exitCode: 1, reason: "forwarder: \(error)") }
        return .stopped
    }

    private func work() throws {
        while !control.isStopRequested {
            control.turn(allowing: EventIndexes.seconds)
            try adopt()
            do throws(MongoError) {
                try EventIndexes.make(mongo)
                conditions.set("mongodb", nil)
                break
            } catch {
                conditions.mongoFailed(error, mongo)
                _ = control.stop.wait(milliseconds: 500)
            }
        }
        while !control.isStopRequested {
            control.turn()
            try adopt()
            waiting.append(contentsOf: door.take())
            while !waiting.isEmpty, batchesOf.count < 2 * WriterPool.writers { give() }
            EventDescriptor.wait(forAny: [control.stop.raw, door.arrived.raw, pool.finished.raw], milliseconds: 1000)
            settle()
        }
        let deadline = Monotonic.now.adding(milliseconds: 3000)
        while !batchesOf.isEmpty, Monotonic.now < deadline {
            _ = pool.finished.wait(milliseconds: 50)
            settle()
        }
    }

    /// Other credentials need other writers: the old end after the write they are at, what is unfinished is written again.
    private func adopt() throws {
        guard let new = live.next(&seen)?.mongodb, new.uri != mongo.uri else { return }
        mongo = new
        pool.stop()
        settle()
        let unfinished = batchesOf.values.flatMap { $0.1 }.sorted { $0.first < $1.first }
        batchesOf = [:]
        waiting = unfinished + waiting
        pool = try WriterPool(settings: mongo, conditions: conditions, status: status)
    }

    private func give() {
        var records: [EventRecord] = []
        var batches: [EventBatch] = []
        while let batch = waiting.first, records.count < Gathering.maxRecords {
            waiting.removeFirst()
            batches.append(batch)
            _ = PackedEvents.forEach(batch.bytes) { event in
                records.append(
                    EventRecord(
                        key: event.key, value: event.value, partition: -1, offset: batch.first + Int64(event.index),
                        timestampMilliseconds: WallClock.nowMilliseconds))
            }
        }
        let chunk = WriteChunk(records: records, generation: 0) {}
        batchesOf[ObjectIdentifier(chunk)] = (chunk, batches)
        pool.give(chunk)
    }

    private func settle() {
        for chunk in pool.take() {
            guard let (_, batches) = batchesOf.removeValue(forKey: ObjectIdentifier(chunk)) else { continue }
            var index = 0
            var delivered: [DeliveredBatch] = []
            for batch in batches {
                var done = DeliveredBatch(first: batch.first, eventCount: batch.eventCount)
                for _ in 0..<batch.eventCount {
                    count(chunk.outcomes[index], chunk.records[index], in: &done)
                    index += 1
                }
                delivered.append(done)
                door.release(batch)
            }
            returned.give(delivered)
        }
    }

    private func count(_ outcome: RecordOutcome, _ record: EventRecord, in done: inout DeliveredBatch) {
        switch outcome {
        case .inserted: done.consumer.inserted += 1
        case .duplicate: done.consumer.duplicates += 1
        case .waiting: return
        case .dead(let code, let reason):
            done.dead.append(
                DeadEvent(
                    sequence: record.offset, code: code, reason: reason, key: Array(record.key),
                    value: Array(record.value)))
            return
        }
        done.consumer.consumed += 1
    }
}
