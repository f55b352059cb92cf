// The consumer against brokers inside the process.
import Kafka
import MockKafka
import TestSupport
import Testing

@Suite("Consumer", .waiting, .serialized)
struct ConsumerTests {
    /// A topic "t" of two partitions with `count` numbered messages, evens in 0, odds in 1.
    static func filled(_ cluster: MockCluster, _ count: Int) throws {
        cluster.createTopic("t", partitions: 2)
        let producer = try Producer.open(cluster.producerProperties, topic: "t")
        let numbers = Numbers(count)
        for index in 0..<count {
            _ = producer.produce(
                partition: Int32(index % 2), key: numbers[index], value: numbers[index], tag: 0)
        }
        _ = eventually(within: .seconds(20)) {
            ProducerTests.wait(producer) { _ in }
            return producer.outstanding == 0
        }
        producer.close()
    }

    static func take(_ polled: Polled, into seen: inout [Int32: [UInt64]]) {
        guard case .message(let message) = polled else { return }
        seen[message.partition, default: []].append(message.value.loadUnaligned(as: UInt64.self))
        message.destroy()
    }

    @Test("All messages come in order, a deferred assignment works, and pause and resume lose and repeat none")
    func consumesAll() throws {
        let cluster = try #require(MockCluster())
        try Self.filled(cluster, 2000)
        let consumer = try Consumer.open(cluster.consumerProperties(group: "g"), topic: "t")
        var assigned: [Int32] = []
        let isAssigned = eventually(within: .seconds(20)) {
            _ = consumer.poll(timeoutMilliseconds: 100) { rebalance in
                if case .assigned(let partitions) = rebalance { assigned = partitions }
            }
            return !assigned.isEmpty
        }
        #expect(isAssigned)
        // Outside of the handler, later, as after a failed look-up.
        try consumer.assign(assigned.map { ($0, .earliest) })
        var seen: [Int32: [UInt64]] = [:]
        func total() -> Int { seen.values.reduce(0) { $0 + $1.count } }
        _ = eventually(within: .seconds(20)) {
            Self.take(consumer.poll(timeoutMilliseconds: 100) { _ in }, into: &seen)
            return total() >= 300
        }
        try consumer.pause([0, 1])
        let before = total()
        #expect(before == 300, "there is more to come")
        for _ in 0..<10 { Self.take(consumer.poll(timeoutMilliseconds: 50) { _ in }, into: &seen) }
        #expect(total() == before)
        try consumer.resume([0, 1])
        _ = eventually(within: .seconds(20)) {
            Self.take(consumer.poll(timeoutMilliseconds: 100) { _ in }, into: &seen)
            return total() >= 2000
        }
        #expect(seen[0] == (0..<1000).map { UInt64($0 * 2) })
        #expect(seen[1] == (0..<1000).map { UInt64($0 * 2 + 1) })
        #expect(try consumer.committed([0, 1], timeoutMilliseconds: 5000) == [0: nil, 1: nil])
        try consumer.commit([(0, 500), (1, 7)], timeoutMilliseconds: 5000)
        #expect(try consumer.committed([0, 1], timeoutMilliseconds: 5000) == [0: 500, 1: 7])
        #expect(consumer.watermarks(0)?.high == 1000)
        let asked = try consumer.queryWatermarks(1, timeoutMilliseconds: 5000)
        #expect(asked.low == 0 && asked.high == 1000)
        consumer.close()
        #expect(throws: KafkaError.self) { try consumer.commit([(0, 1000)], timeoutMilliseconds: 2000) }
    }

    @Test("a close ends though nothing was given up before")
    func closesWithoutUnassign() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("t", partitions: 2)
        let consumer = try Consumer.open(cluster.consumerProperties(group: "g"), topic: "t")
        var isAssigned = false
        _ = eventually(within: .seconds(20)) {
            _ = consumer.poll(timeoutMilliseconds: 100) { rebalance in
                guard case .assigned(let partitions) = rebalance else { return }
                isAssigned = (try? consumer.assign(partitions.map { ($0, .earliest) })) != nil
            }
            return isAssigned
        }
        #expect(isAssigned)
        consumer.close()
        #expect(consumer.fatalError == nil)
    }
}
