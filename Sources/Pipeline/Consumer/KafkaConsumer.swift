// The consumer thread: polls Kafka, gathers chunks for the writers, and commits what is finished in order: dead letters
// first, then the offset document in MongoDB (majority), then Kafka's own offset. While MongoDB is away it pauses its
// partitions and goes on polling, so that the group keeps it as a member.
import Kafka
import Linux
import Mongo
import Settings

final class KafkaConsumer {
    private static let maxChunks = 4 * WriterPool.writers
    private static let commitMilliseconds = 200

    private let live: LiveSettings
    private var seen = 0
    private var kafka: KafkaSettings
    private var mongo: MongoSettings
    /// New credentials or properties: everything that was opened with the old is closed in order and opened again.
    private var isRenewing = false
    private let watch: TopicWatch
    private let conditions: Conditions
    private let control: StageControl
    private let status: WriterStatus
    private let published: Guarded<ConsumerSnapshot>
    private let log: Log
    private var pool: WriterPool
    private let instance: String
    private var store: OffsetStore?
    private var partitions: [Int32: PartitionState] = [:]
    /// Assigned, and waiting for MongoDB to say where to begin.
    private var unplaced: [Int32] = []
    /// Partitions of a topic that was made anew, and the offset its records were seen to begin at.
    private var rewound: [Int32: Int64] = [:]
    private var generation = 0
    private var chunks: [WriteChunk] = []
    private var gathering = Gathering()
    private var lastCommit = Monotonic.now
    private var paused = PausedPartitions()
    private var isUsable = true
    private var deadInMinute = DeadRate()
    private var letters: ConsumerLetters

    init(
        live: LiveSettings, instance: String, watch: TopicWatch, conditions: Conditions,
        control: StageControl, published: Guarded<ConsumerSnapshot>, status: WriterStatus, log: Log
    ) throws {
        self.live = live
        kafka = live.now.kafka
        mongo = live.now.mongodb
        self.instance = instance
        self.watch = watch
        self.conditions = conditions
        self.control = control
        self.status = status
        self.published = published
        self.log = log
        letters = ConsumerLetters(live.now, conditions)
        pool = try WriterPool(settings: live.now.mongodb, conditions: conditions, status: status)
    }

    func run() -> StageOutcome {
        defer { pool.stop() }
        while prepare() {
            do {
                if isRenewing { try renew() }
                while !control.isStopRequested, !isRenewing {
                    let consumer = try Consumer.open(
                        KafkaProperties.consumer(kafka, instance: instance), topic: kafka.topic
                    ) { [log] _, facility, text in log.debug("librdkafka \(facility): \(text)") }
                    isUsable = true
                    while isUsable, !control.isStopRequested, !isRenewing {
                        turn(consumer)
                        adopt()
                    }
                    if !isUsable {
                        withExtendedLifetime(consumer) { abandon() }
                    } else {
                        close(consumer)
                    }
                }
            } catch {
                return .failed(exitCode: 2, reason: "consumer: \(error)")
            }
        }
        return .stopped
    }

    private func adopt() {
        guard let new = live.next(&seen) else { return }
        let isSame = kafka.hasSameClients(as: new.kafka) && mongo.uri == new.mongodb.uri
        kafka = new.kafka
        mongo = new.mongodb
        if !isSame { isRenewing = true }
        letters.adopt(new)
    }

    /// The old writers have ended, and nothing they had counts.
    private func renew() throws {
        isRenewing = false
        log.info("consumer: begins again with the new settings")
        pool.stop()
        pool = try WriterPool(settings: mongo, conditions: conditions, status: status)
    }

    /// The topic is there, MongoDB answers, the indexes are made. False when asked to stop first.
    private func prepare() -> Bool {
        while !control.isStopRequested {
            control.turn()
            adopt()
            if watch.partitionCount == 0 {
                _ = control.stop.wait(milliseconds: 100)
                continue
            }
            do throws(MongoError) {
                control.turn(allowing: EventIndexes.seconds)
                try EventIndexes.make(mongo)
                control.turn()
                store = try OffsetStore.open(mongo, kafka)
                conditions.set("mongodb", nil)
                return true
            } catch {
                conditions.mongoFailed(error, mongo)
                _ = control.stop.wait(milliseconds: 500)
            }
        }
        return false
    }

    // MARK: One turn

    private func turn(_ consumer: Consumer) {
        settle()
        control.turn()
        place(consumer)
        control.turn()
        let isFull = chunks.count >= KafkaConsumer.maxChunks
        hold(consumer, isFull)
        poll(consumer)
        if gathering.isRipe { give() }
        control.turn()
        if Monotonic.milliseconds(from: lastCommit, to: .now) >= KafkaConsumer.commitMilliseconds { commit(consumer) }
    }

    /// Waits for a message, and takes what is there behind it, up to a chunk.
    private func poll(_ consumer: Consumer) {
        let isIdle = gathering.isEmpty && chunks.isEmpty && unplaced.isEmpty
        var patience: Int32 = isIdle ? 500 : gathering.isEmpty ? 100 : 5
        while true {
            switch consumer.poll(timeoutMilliseconds: patience, onRebalance: { rebalance($0, consumer) }) {
            case .message(let message): gather(message)
            case .error(let error):
                conditions.set("consumer", error.text)
                if error.remedy == .startAnew { isUsable = false }
                return
            case .nothing: return
            }
            if gathering.isFull || chunks.count >= KafkaConsumer.maxChunks { return }
            patience = 0
        }
    }

    private func hold(_ consumer: Consumer, _ isFull: Bool) {
        guard isFull else { return paused.end(consumer) }
        // Most often a writer is done within moments.
        if paused.isEmpty, pool.finished.wait(milliseconds: 200) { return settle() }
        paused.add(partitions, consumer)
    }

    private func gather(_ message: ConsumedMessage) {
        guard let state = partitions[message.partition] else { return message.destroy() }
        if state.isRewound(by: message.offset) {
            log.warning("consumer: partition \(message.partition) began anew: another topic of the same name")
            rewound[message.partition] = message.offset
            message.destroy()
            return beginAgain()
        }
        partitions[message.partition]?.poll(message.offset)
        gathering.add(message)
    }

    private func give() {
        let messages = gathering.take()
        let records = messages.map {
            EventRecord(
                key: $0.key, value: $0.value, partition: $0.partition, offset: $0.offset,
                timestampMilliseconds: $0.timestampMilliseconds)
        }
        let chunk = WriteChunk(records: records, generation: generation) {
            for message in messages { message.destroy() }
        }
        chunks.append(chunk)
        pool.give(chunk)
    }

    /// Takes over what is finished, in the order it was polled.
    private func settle() {
        for chunk in pool.take() { chunk.isFinished = true }
        while let chunk = chunks.first, chunk.isFinished, keepDead(chunk) {
            chunks.removeFirst()
            if isCurrent(chunk) {
                for (index, record) in chunk.records.enumerated() {
                    partitions[record.partition]?.finish(record.offset, chunk.outcomes[index])
                }
            }
            chunk.release()
        }
    }

    /// Dead letters are kept before their offsets move. False when MongoDB did not take them yet.
    private func keepDead(_ chunk: WriteChunk) -> Bool {
        let dead = chunk.outcomes.reduce(0) { if case .dead = $1 { $0 + 1 } else { $0 } }
        // Once a chunk: MongoDB may have to be asked again to take its dead letters.
        guard dead == 0 || chunk.isDeadCounted || deadInMinute.takes(dead, at: .now) else {
            conditions.set(
                "dead letters", "more than \(DeadRate.limit) events a minute are refused: the rule may be wrong")
            return false
        }
        chunk.isDeadCounted = true
        // Of an older assignment nothing counts: who has the partition now consumes it, and keeps its letters.
        guard dead > 0, isCurrent(chunk) else { return true }
        conditions.set("dead letters", nil)
        letters.hasNew = true
        do throws(MongoError) {
            for (index, record) in chunk.records.enumerated() {
                guard case .dead(let code, let reason) = chunk.outcomes[index] else { continue }
                // Counted before, so kept before; it may have been retried or dropped since.
                guard record.offset >= partitions[record.partition]?.stored.next ?? 0 else { continue }
                try store?.keep(record, code: code, reason: reason, nowMilliseconds: WallClock.nowMilliseconds)
            }
            return true
        } catch {
            conditions.mongoFailed(error, mongo)
            return false
        }
    }

    private func isCurrent(_ chunk: WriteChunk) -> Bool { chunk.generation == generation }

    private func commit(_ consumer: Consumer) {
        lastCommit = .now
        var offsets: [(partition: Int32, nextOffset: Int64)] = []
        for (partition, state) in partitions where state.isDirty {
            do throws(MongoError) {
                guard let next = partitions[partition]?.nextToStore() else { continue }
                guard try store?.advance(partition, from: state.stored, to: next) == true else {
                    log.warning("consumer: another consumer moved partition \(partition); beginning again")
                    return beginAgain()
                }
                partitions[partition]?.didStore()
                offsets.append((partition, next.next))
            } catch {
                conditions.mongoFailed(error, mongo)
                return publish(consumer)
            }
        }
        if !offsets.isEmpty {
            tell { () throws(KafkaError) in try consumer.commitLater(offsets) }
        }
        if let store, !control.isStopRequested, !isRenewing { letters.look(store, &partitions) }
        publish(consumer)
    }

    private func publish(_ consumer: Consumer) {
        let times = chunks.map(\.oldestMilliseconds) + gathering.messages.map(\.timestampMilliseconds)
        let taken = ConsumerSnapshot(partitions, waitingSince: times) { consumer.watermarks($0)?.high }
        published.withLock { $0 = taken }
        conditions.consumerIs(taken, TopicRetention(milliseconds: watch.retentionMilliseconds))
    }

    /// A call to Kafka whose success ends the consumer's reason to be degraded, and whose failure is one.
    private func tell(_ call: () throws(KafkaError) -> Void) {
        do throws(KafkaError) {
            try call()
            conditions.set("consumer", nil)
        } catch { conditions.set("consumer", error.text) }
    }

    // MARK: Partitions come and go

    private func rebalance(_ change: Rebalance, _ consumer: Consumer) {
        switch change {
        case .assigned(let assigned):
            log.info("consumer: assigned partitions \(assigned.sorted())")
            unplaced = assigned
            // At once, also where there is nothing, or no MongoDB, to begin with: until then the whole group waits.
            // librdkafka tells an error once, when it begins, and never that it is over: to be dealt partitions, or none, ends it.
            tell { () throws(KafkaError) in try consumer.assign([]) }
            place(consumer)
        case .revoked(let revoked, let isLost):
            log.info("consumer: gives up partitions \(revoked.sorted())\(isLost ? ", lost" : "")")
            rewound = [:]
            leave(consumer, isLost: isLost)
            do throws(KafkaError) { try consumer.unassign() } catch { conditions.set("consumer", error.text) }
        }
    }

    /// Finishes what it can within 5 s, commits it, and forgets the partitions.
    private func leave(_ consumer: Consumer, isLost: Bool) {
        gathering.drop()
        let deadline = Monotonic.now.adding(milliseconds: 5000)
        while !isLost, !chunks.isEmpty, Monotonic.now < deadline {
            control.turn()
            _ = pool.finished.wait(milliseconds: 50)
            settle()
        }
        if !isLost {
            commit(consumer)
            let offsets = partitions.map { (partition: $0.key, nextOffset: $0.value.stored.next) }
            do throws(KafkaError) {
                if !offsets.isEmpty { try consumer.commit(offsets, timeoutMilliseconds: 2000) }
            } catch { log.debug("consumer: \(error)") }
        }
        forget()
        paused.end(consumer)
        unplaced = []
    }

    /// What is known of the assignment is wrong: its offsets are asked for anew, and what is on its way counts for nothing
    /// (read again, it is a duplicate).
    private func beginAgain() {
        unplaced = Array(partitions.keys)
        forget()
    }

    private func forget() {
        gathering.drop()
        generation += 1
        partitions = [:]
    }

    /// Begins assigned partitions at the lower of what Kafka and what MongoDB say.
    private func place(_ consumer: Consumer) {
        guard !unplaced.isEmpty, let store else { return }
        do {
            let committed = try consumer.committed(unplaced, timeoutMilliseconds: 3000)
            var starts: [(partition: Int32, offset: StartOffset)] = []
            var states: [Int32: PartitionState] = [:]
            for partition in unplaced {
                control.turn()
                let marks = try consumer.queryWatermarks(partition, timeoutMilliseconds: 3000)
                let low = marks.low ?? 0
                let known = try store.load(partition)
                // Offsets above the end are of an older topic of the same name.
                let candidates = [known?.next, committed[partition] ?? nil, rewound[partition]].compactMap { $0 }
                    .filter { $0 <= marks.high }
                let start = known == nil ? low : max(candidates.min() ?? low, low)
                if known == nil { try store.begin(partition, at: start) }
                var progress = known ?? PartitionProgress(next: start)
                if progress.next > marks.high || rewound[partition] != nil {
                    let old = progress
                    progress.next = start
                    guard try store.advance(partition, from: old, to: progress) else {
                        throw MongoError(
                            "begin partition \(partition)", .other(0), 0, "another consumer moved it", .retry)
                    }
                    rewound[partition] = nil
                }
                states[partition] = PartitionState(stored: progress, start: start)
                starts.append((partition, .at(start)))
            }
            paused.end(consumer)
            try consumer.assign(starts)
            partitions = states
            unplaced = []
            conditions.set("consumer", nil)
        } catch let error as MongoError {
            conditions.mongoFailed(error, mongo)
        } catch {
            conditions.set("consumer", "\(error)")
        }
    }

    /// librdkafka uses this consumer no more. Most often its membership was taken over: by itself, when the answer to a
    /// JoinGroup was lost with its broker and the request repeated. A new one takes the membership back; of what the old one
    /// polled nothing counts, and it does not leave the group. Its messages must be free before the client goes, which
    /// takes as long as MongoDB is away.
    private func abandon() {
        forget()
        (paused, unplaced, rewound) = (PausedPartitions(), [], [:])
        while !chunks.isEmpty, !control.isStopRequested {
            control.turn()
            _ = pool.finished.wait(milliseconds: 200)
            settle()
        }
        // Two processes with the same identity would take it from each other without end: not faster than this.
        _ = control.stop.wait(milliseconds: 1000)
    }

    private func close(_ consumer: Consumer) {
        leave(consumer, isLost: false)
        // Messages still with the writers must be free before the client goes.
        pool.stop()
        settle()
        for chunk in chunks { chunk.release() }
        chunks = []
        consumer.close()
    }
}
