// What librdkafka fetches ahead of a consumer.
import Foundation
import Kafka
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct PrefetchTests {
    static let count = 20_000

    @Test("a queue that was full is filled again when it is empty, not a second later")
    func refill() throws {
        let brokers = try #require(Servers.kafka)
        let topic = "prefetch-\(UUID().uuidString)"
        let admin = try Admin.open(["bootstrap.servers": brokers])
        try admin.createTopic(topic, partitions: 2, replication: 1, timeoutMilliseconds: 30_000)
        try fill(topic, brokers)
        // A fetch brings a request's worth of each partition, a hundred messages, which is more than the queue should have.
        let properties: ClientProperties = [
            "bootstrap.servers": brokers, "group.id": topic, "enable.auto.commit": "false",
            "auto.offset.reset": "earliest", "queued.min.messages": "10", "fetch.message.max.bytes": "1000",
        ]
        let consumer = try Consumer.open(properties, topic: topic)
        var polled = 0
        // With a second for each of a hundred fetches it would have come to about half of it.
        let deadline = ContinuousClock.now + .seconds(60)
        while polled < PrefetchTests.count, ContinuousClock.now < deadline {
            let next = consumer.poll(timeoutMilliseconds: 500) { rebalance in
                guard case .assigned(let partitions) = rebalance else { return }
                try? consumer.assign(partitions.map { ($0, .earliest) })
            }
            guard case .message(let message) = next else { continue }
            message.destroy()
            polled += 1
        }
        #expect(polled == PrefetchTests.count)
        consumer.close()
    }

    private func fill(_ topic: String, _ brokers: String) throws {
        let producer = try Producer.open(
            ["bootstrap.servers": brokers, "acks": "all", "linger.ms": "5", "batch.num.messages": "100"], topic: topic)
        defer { producer.close() }
        let value = Array("{}".utf8)
        try value.withUnsafeBytes { value in
            for index in 0..<PrefetchTests.count {
                try #require(producer.produce(partition: Int32(index % 2), key: value, value: value, tag: 1) == 0)
            }
            eventually(within: 20, "Kafka has them") {
                _ = producer.drainEvents(limit: 1000, onDelivery: { _ in })
                return producer.outstanding == 0
            }
        }
    }
}
