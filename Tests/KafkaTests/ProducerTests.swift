// The producer against brokers inside the process.
import CRdKafka
import Glibc
import Kafka
import MockKafka
import TestSupport
import Testing

@Suite("Producer", .waiting, .serialized)
struct ProducerTests {
    /// Waits on the wake descriptor and drains once; the deliveries.
    static func wait(_ producer: Producer, _ onDelivery: (Delivery) -> Void) {
        var waiting = pollfd(fd: producer.wakeDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, 50)
        producer.drainEvents(limit: 1000, onDelivery: onDelivery)
    }

    @Test("Every lent message is reported once, with its tag, on the partition of its key")
    func everyMessageIsReported() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 4)
        let producer = try Producer.open(cluster.producerProperties, topic: "t")
        let partitioner = try #require(Partitioner(named: "murmur2_random"))
        let numbers = Numbers(10_000)
        var wanted: [Int32] = []
        for index in 0..<10_000 {
            let partition = partitioner.partition(forKey: numbers[index], count: 4)
            wanted.append(partition)
            let code = producer.produce(
                partition: partition, key: numbers[index], value: numbers[index], tag: UInt(index))
            try #require(code == 0)
        }
        var seen = [Int](repeating: 0, count: 10_000)
        var wrong = 0
        let isDone = eventually(within: .seconds(20)) {
            Self.wait(producer) { delivery in
                seen[Int(delivery.tag)] += 1
                if delivery.code != 0 || delivery.partition != wanted[Int(delivery.tag)] { wrong += 1 }
            }
            return producer.outstanding == 0
        }
        #expect(isDone)
        #expect(wrong == 0)
        #expect(seen.allSatisfy { $0 == 1 })
        #expect(Set(wanted).count == 4)
        producer.close()
    }

    @Test("Messages given in one call go in their order; one that is too large has its code, the others are taken")
    func severalAtOnce() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 2)
        var properties = cluster.producerProperties
        properties.set("message.max.bytes", "1000")
        let producer = try Producer.open(properties, topic: "t")
        let numbers = Numbers(400)
        let large = UnsafeRawBufferPointer(numbers.memory)
        let outgoing = OutgoingMessages(capacity: 100)
        var reported: [Int32: [UInt]] = [:]
        for round in 0..<3 {
            outgoing.removeAll()
            while !outgoing.isFull {
                let index = round * 100 + outgoing.count
                let value = index % 10 == 3 ? large : numbers[index]
                outgoing.add(partition: Int32(index % 2), key: numbers[index], value: value, tag: UInt(index))
            }
            #expect(producer.produce(outgoing) == 90)
            for index in 0..<outgoing.count {
                let isLarge = index % 10 == 3
                #expect((outgoing.code(index) != 0) == isLarge)
                #expect(outgoing.partition(index) == Int32(index % 2))
                guard isLarge else { continue }
                #expect(producer.error(forCode: outgoing.code(index)).remedy == .setAsideIfAlone)
            }
        }
        let isDone = eventually(within: .seconds(20)) {
            Self.wait(producer) { reported[$0.partition, default: []].append($0.tag) }
            return producer.outstanding == 0
        }
        #expect(isDone)
        var wanted: [Int32: [UInt]] = [:]
        for index in 0..<300 where index % 10 != 3 { wanted[Int32(index % 2), default: []].append(UInt(index)) }
        #expect(reported == wanted)
        producer.close()
        #expect(producer.produce(outgoing) == 0)
        #expect(outgoing.code(0) != 0)
    }

    @Test("The wake descriptor is readable when a delivery waits, also what a limit left, and not after a drain")
    func wakeDescriptor() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 2)
        let producer = try Producer.open(cluster.producerProperties, topic: "t")
        let numbers = Numbers(2)
        for index in 0..<2 {
            _ = producer.produce(
                partition: Int32(index), key: numbers[index], value: numbers[index], tag: 7)
        }
        var waiting = pollfd(fd: producer.wakeDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, 10_000) == 1)
        var delivered = 0
        while delivered < 2, poll(&waiting, 1, 10_000) == 1 {
            delivered += producer.drainEvents(limit: 1, onDelivery: { #expect($0.tag == 7) })
        }
        #expect(delivered == 2)
        producer.drainEvents(limit: 10, onDelivery: { _ in })
        #expect(poll(&waiting, 1, 0) == 0)
        producer.close()
    }

    @Test("A broker's 'too large' is a delivery whose remedy is to set aside if alone")
    func tooLarge() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 1)
        cluster.pushErrors([RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE], request: MockCluster.produceRequest)
        let producer = try Producer.open(cluster.producerProperties, topic: "t")
        let numbers = Numbers(1)
        _ = producer.produce(partition: 0, key: numbers[0], value: numbers[0], tag: 1)
        var codes: [Int32] = []
        _ = eventually(within: .seconds(10)) {
            Self.wait(producer) { codes.append($0.code) }
            return !codes.isEmpty
        }
        #expect(codes.map { producer.error(forCode: $0).remedy } == [.setAsideIfAlone])
        producer.close()
    }

    @Test("With the broker down deliveries wait, and come once it is up")
    func brokerDown() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 1)
        let producer = try Producer.open(cluster.producerProperties, topic: "t")
        cluster.setBroker(1, isUp: false)
        let numbers = Numbers(100)
        for index in 0..<100 {
            _ = producer.produce(partition: 0, key: numbers[index], value: numbers[index], tag: UInt(index))
        }
        var delivered: [UInt] = []
        let cameEarly = eventually(within: .seconds(1)) {
            Self.wait(producer) { delivered.append($0.tag) }
            return !delivered.isEmpty
        }
        #expect(!cameEarly)
        cluster.setBroker(1, isUp: true)
        _ = eventually(within: .seconds(20)) {
            Self.wait(producer) {
                #expect($0.code == 0)
                delivered.append($0.tag)
            }
            return delivered.count >= 100
        }
        #expect(delivered == (0..<100).map { UInt($0) })
        producer.close()
    }

    @Test("Closing with the brokers dead reports every message and ends")
    func closeIsBounded() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 1)
        let producer = try Producer.open(cluster.producerProperties, topic: "t")
        cluster.setBroker(1, isUp: false)
        let numbers = Numbers(1000)
        for index in 0..<1000 {
            _ = producer.produce(partition: 0, key: numbers[index], value: numbers[index], tag: UInt(index))
        }
        var reported = 0
        let begun = ContinuousClock.now
        producer.close {
            #expect($0.code != 0)
            reported += 1
        }
        #expect(ContinuousClock.now - begun < .seconds(20))
        #expect(reported == 1000)
        #expect(producer.produce(partition: 0, key: numbers[0], value: numbers[0], tag: 0) != 0)
    }
}
