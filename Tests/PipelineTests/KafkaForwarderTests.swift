// The forwarder with an outbox before it and brokers inside the process behind it.
import Kafka
import Linux
import MockKafka
import Pipeline
import SQLite
import Settings
import Synchronization
import TestSupport
import Testing

private final class ForwarderHarness {
    let folder: TemporaryFolder
    let outbox: OutboxHarness
    let status = ForwarderStatus()
    let live: LiveSettings
    let cluster: MockCluster
    private let watchControl: StageControl
    private let control: StageControl
    private let watchThread: NamedThread
    private let thread: NamedThread

    static let msgSizeTooLarge: Int32 = 10
    /// OUT_OF_ORDER_SEQUENCE_NUMBER, which an idempotent producer does not survive.
    static let outOfOrder: Int32 = 45
    static let topic = "events"

    /// `after`: one that has stopped, whose folder and brokers are used again.
    init(
        partitions: Int32 = 3, producer: [KafkaProperty] = [], patience: Int = 10_000, after: ForwarderHarness? = nil
    ) throws {
        folder = try after?.folder ?? TemporaryFolder()
        outbox = try OutboxHarness(folder.path)
        if let after {
            cluster = after.cluster
        } else {
            cluster = try #require(MockCluster())
            cluster.createTopic(Self.topic, partitions: partitions)
        }
        var all = Settings()
        var settings = KafkaSettings()
        settings.brokers = cluster.bootstrap
        settings.topic = Self.topic
        settings.client = [KafkaProperty(name: "reconnect.backoff.max.ms", value: "200")]
        settings.producer = producer
        all.kafka = settings
        live = LiveSettings(all)
        watchControl = try StageControl(name: "topic")
        let watch = try TopicWatch(
            live: live, conditions: outbox.conditions, control: watchControl, log: Log(level: .error))
        watchThread = try watchControl.start { watch.run() }
        control = try StageControl(name: "forwarder")
        let forwarder = Moved(
            KafkaForwarder(
                live: live, door: outbox.forwarder, returned: outbox.returned, watch: watch,
                conditions: outbox.conditions, control: control, status: status, log: Log(level: .error),
                patienceMilliseconds: patience))
        thread = try control.start { forwarder.take()?.run() ?? .stopped }
    }

    private var isStopped = false

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        control.requestStop()
        thread.join()
        watchControl.requestStop()
        watchThread.join()
        outbox.stop()
    }

    /// The messageIds in each partition, in order of their first coming.
    func delivered(_ expected: Int, partitions: Int32 = 3) throws -> [[Int]] {
        var found: [[Int]] = Array(repeating: [], count: Int(partitions))
        var seen = Set<Int>()
        let properties: ClientProperties = [
            "bootstrap.servers": cluster.bootstrap, "group.id": "test", "auto.offset.reset": "earliest",
            "enable.auto.commit": "false", "enable.auto.offset.store": "false",
            "partition.assignment.strategy": "range",
        ]
        let consumer = try Consumer.open(properties, topic: Self.topic)
        var assigned: [Int32] = []
        try eventually(within: 30, "\(expected) events are read back") {
            for _ in 0..<2000 {
                let polled = consumer.poll(timeoutMilliseconds: 50) { rebalance in
                    if case .assigned(let partitions) = rebalance { assigned = partitions }
                }
                if !assigned.isEmpty {
                    try consumer.assign(assigned.map { ($0, .earliest) })
                    assigned = []
                }
                guard case .message(let message) = polled else { break }
                defer { message.destroy() }
                let text = String(decoding: message.value, as: UTF8.self)
                let number = text.split(separator: "\"messageId\":\"m").last?.prefix { $0.isNumber }
                let id = try #require(number.flatMap { Int($0) }, "\(text)")
                if seen.insert(id).inserted { found[Int(message.partition)].append(id) }
            }
            return seen.count >= expected
        }
        // librdkafka waits for the answer to its last revocation.
        consumer.close()
        return found
    }
}

@Suite(.waiting, .serialized) struct KafkaForwarderTests {
    @Test("a produce request refused for what is in it: its events go alone, all are delivered, none is dead")
    func tooLargeOnce() throws {
        let harness = try ForwarderHarness()
        defer { harness.stop() }
        harness.cluster.pushErrors(codes: [ForwarderHarness.msgSizeTooLarge], request: MockCluster.produceRequest)
        var packing = try Packing()
        harness.outbox.commit(packing.numbered(0..<50))
        eventually(within: 20, "all is delivered") { harness.outbox.ledger.forwarded == 50 }
        // Together again afterwards.
        for start in stride(from: 50, to: 1050, by: 100) {
            harness.outbox.commit(packing.numbered(start..<start + 100))
        }
        eventually(within: 20, "all is delivered") { harness.outbox.ledger.forwarded == 1050 }
        #expect(harness.outbox.ledger.dead == 0)
        #expect(harness.outbox.ledger.isBalanced)
        #expect(harness.status.restarts.load(ordering: .relaxed) == 1)
        let found = try harness.delivered(1050)
        #expect(found.allSatisfy { $0 == $0.sorted() })
        #expect(found.joined().sorted() == Array(0..<1050))
    }

    @Test("an event that is refused alone too is dead, with all its bytes; its neighbours are delivered")
    func refusedAlone() throws {
        // librdkafka itself refuses what is larger, each time, as a broker would.
        let harness = try ForwarderHarness(producer: [KafkaProperty(name: "message.max.bytes", value: "2000")])
        var packing = try Packing()
        harness.outbox.commit(packing.numbered(0..<30))
        let padding = String(repeating: "x", count: 4000)
        func large(_ id: String) -> String {
            #"{"event":"e","messageId":"\#(id)","anonymousId":"v1","properties":{"p":"\#(padding)"}}"#
        }
        let small = (30..<60).map { #"{"event":"e","messageId":"m\#($0)","anonymousId":"v1"}"# }
        let mixed = packing.batch(Array(small.prefix(15)) + [large("big1")] + Array(small.suffix(15)))
        let expected = mixed.events[15]
        harness.outbox.commit(mixed)
        // The last of its batch, alone in its batch, and more behind it.
        harness.outbox.commit(packing.batch([large("big2")]))
        harness.outbox.commit(packing.batch([large("big3"), large("big4")]))
        harness.outbox.commit(packing.numbered(60..<160))
        eventually(within: 20, "all is delivered or dead") { harness.outbox.ledger.outbox == 0 }
        #expect(harness.outbox.ledger.forwarded == 160)
        #expect(harness.outbox.ledger.dead == 4)
        #expect(harness.outbox.ledger.isBalanced)
        let found = try harness.delivered(160)
        #expect(found.joined().sorted() == Array(0..<160))
        #expect(found.allSatisfy { $0 == $0.sorted() })
        harness.stop()
        let database = try Database.open(harness.folder.path + "/outbox.db")
        let dead = try database.prepare("SELECT sequence, code, key, value FROM dead ORDER BY sequence")
        for (sequence, id) in [(46, "big1"), (62, "big2"), (63, "big3"), (64, "big4")] as [(Int64, String)] {
            try #require(try dead.step(), "\(id)")
            #expect(dead.integer(0) == sequence)
            #expect(dead.text(1) == "msg_size_too_large")
            #expect(String(decoding: dead.bytes(2), as: UTF8.self) == expected.key)
            let value = expected.value.replacing("big1", with: id)
            #expect(String(decoding: dead.bytes(3), as: UTF8.self) == value, "\(id)")
        }
        #expect(try !dead.step())
    }

    @Test("a fatal producer error: another producer goes on, all is delivered, in order within a partition")
    func fatal() throws {
        let harness = try ForwarderHarness()
        defer { harness.stop() }
        var packing = try Packing()
        harness.outbox.commit(packing.numbered(0..<100))
        eventually(within: 20, "all is delivered") { harness.outbox.ledger.forwarded == 100 }
        harness.cluster.pushErrors(codes: [ForwarderHarness.outOfOrder], request: MockCluster.produceRequest)
        for start in stride(from: 100, to: 1100, by: 100) {
            harness.outbox.commit(packing.numbered(start..<start + 100))
        }
        eventually(within: 30, "all is delivered") { harness.outbox.ledger.forwarded == 1100 }
        #expect(harness.status.restarts.load(ordering: .relaxed) == 1)
        let found = try harness.delivered(1100)
        #expect(found.joined().sorted() == Array(0..<1100))
        #expect(found.allSatisfy { $0 == $0.sorted() })
        #expect(harness.outbox.ledger.isBalanced && harness.outbox.ledger.dead == 0)
    }

    @Test("brokers that go and come back cost nothing: all is delivered, in order within a partition")
    func brokerAway() throws {
        let harness = try ForwarderHarness()
        defer { harness.stop() }
        var packing = try Packing()
        for start in stride(from: 0, to: 1000, by: 100) {
            if start == 300 { harness.cluster.setBroker(1, isUp: false) }
            harness.outbox.commit(packing.numbered(start..<start + 100))
        }
        #expect(harness.outbox.ledger.stored == 1000, "the outbox goes on without Kafka")
        #expect(harness.outbox.ledger.outbox > 0)
        harness.cluster.setBroker(1, isUp: true)
        eventually(within: 30, "all is delivered") { harness.outbox.ledger.forwarded == 1000 }
        let found = try harness.delivered(1000)
        #expect(found.joined().sorted() == Array(0..<1000))
        #expect(found.allSatisfy { $0 == $0.sorted() })
        #expect(harness.outbox.ledger.isBalanced)
    }

    /// The larger number is more than the forwarder's window holds, and than the brokers inside the process keep.
    @Test(
        "a stuck partition keeps neither the others nor the memory, and what waited for it comes in order",
        arguments: [(40, 0), (300, 1000)])
    func stuckPartition(batches: Int, padding: Int) throws {
        let harness = try ForwarderHarness(patience: 800)
        defer { harness.stop() }
        var packing = try Packing()
        var count = 0
        func commit(_ batches: Int) {
            for _ in 0..<batches {
                harness.outbox.commit(packing.numbered(count..<count + 200, visitors: 40, padding: padding))
                count += 200
            }
        }
        commit(5)
        eventually(within: 20, "all is delivered") { harness.outbox.ledger.forwarded == count }
        harness.cluster.setLeader(of: ForwarderHarness.topic, partition: 1, broker: -1)
        commit(batches)
        var share = 0
        eventually(within: 60, "all but the stuck partition's is delivered: \(harness.outbox.ledger)") {
            let ledger = harness.outbox.ledger
            defer { share = ledger.outbox }
            // What is left does not change any more.
            guard ledger.outbox > 0, ledger.outbox < count / 2, ledger.outbox == share else { return false }
            usleep(1_500_000)
            return harness.outbox.ledger.outbox == share
        }
        #expect(harness.outbox.forwarder.hasRoom)
        #expect(harness.outbox.conditions.reason("forwarder")?.contains("partition 1 of events takes nothing") == true)
        #expect(harness.outbox.ledger.isBalanced)
        // Neither what comes now waits.
        let before = harness.outbox.ledger.forwarded
        commit(5)
        eventually(within: 20, "the others go on") { harness.outbox.ledger.forwarded > before + 500 }
        harness.cluster.setLeader(of: ForwarderHarness.topic, partition: 1, broker: 1)
        eventually(within: 60, "all is delivered: \(harness.outbox.ledger)") {
            harness.outbox.ledger.forwarded == count
        }
        #expect(harness.outbox.ledger.isBalanced && harness.outbox.ledger.outbox == 0)
        eventually(within: 20, "nothing is said any more") { harness.outbox.conditions.reason("forwarder") == nil }
        guard padding == 0 else { return }
        let found = try harness.delivered(count)
        let (isAll, isInOrder) = (found.joined().sorted() == Array(0..<count), found.allSatisfy { $0 == $0.sorted() })
        #expect(isAll && isInOrder)
    }

    @Test("a daemon that ends while a partition is stuck has the rest in its outbox, and the next one sends it")
    func stuckOverRestart() throws {
        let harness = try ForwarderHarness(patience: 400)
        var packing = try Packing()
        harness.cluster.setLeader(of: ForwarderHarness.topic, partition: 2, broker: -1)
        for start in stride(from: 0, to: 4000, by: 100) {
            harness.outbox.commit(packing.numbered(start..<start + 100, visitors: 40))
        }
        eventually(within: 30, "the others are delivered: \(harness.outbox.ledger)") {
            let ledger = harness.outbox.ledger
            return ledger.forwarded > 2000
                && harness.outbox.conditions.reason("forwarder")?.contains("partition 2") == true
        }
        usleep(1_000_000)
        harness.stop()
        let ledger = harness.outbox.ledger
        #expect(ledger.isBalanced && ledger.outbox > 0 && ledger.outbox < 2000)
        do {
            let file = try OutboxFile.open(harness.folder.path, maxBytes: 64 << 20)
            let rows = try file.read(from: 0, maxBytes: .max)
            #expect(rows.reduce(0) { $0 + $1.eventCount } == ledger.outbox)
            // Each event has the number still that it was stored under.
            for row in rows {
                for event in row.events {
                    let number = event.value.split(separator: "\"messageId\":\"m").last?.prefix { $0.isNumber }
                    #expect(number.flatMap { Int64($0) } == row.first + Int64(event.index) - 1)
                }
            }
        }
        harness.cluster.setLeader(of: ForwarderHarness.topic, partition: 2, broker: 1)
        let next = try ForwarderHarness(after: harness)
        defer { next.stop() }
        eventually(within: 30, "the next one sends it: \(next.outbox.ledger)") { next.outbox.ledger.forwarded == 4000 }
        #expect(next.outbox.ledger.isBalanced && next.outbox.ledger.outbox == 0)
        // What was on its way when the first one stopped may have come twice; the first coming counts.
        let found = try next.delivered(4000)
        #expect(found.joined().sorted() == Array(0..<4000))
        #expect(found.allSatisfy { $0 == $0.sorted() })
    }
}
