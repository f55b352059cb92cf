// Properties, remedies, partitioners, and looking for topics.
import CRdKafka
import Kafka
import MockKafka
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    @Test("A wrong property is refused with its name; topic properties are known too")
    func wrongProperty() {
        #expect(ClientProperties.check("linger.ms", "5") == nil)
        #expect(ClientProperties.check("partitioner", "murmur2_random") == nil)
        #expect(ClientProperties.check("linger.ms", "soon") != nil)
        #expect(ClientProperties.check("lingre.ms", "5")?.contains("lingre.ms") == true)
        let refused = #expect(throws: KafkaError.self) {
            _ = try Producer.open(["lingre.ms": "5"], topic: "t")
        }
        #expect(refused?.text.contains("lingre.ms") == true)
        #expect(refused?.remedy == .giveUp)
    }

    @Test("Remedies: what may pass is tried again, what is fatal starts anew")
    func remedies() {
        let table: [(rd_kafka_resp_err_t, KafkaRemedy)] = [
            (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .retry), (RD_KAFKA_RESP_ERR_POLICY_VIOLATION, .retry),
            (RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, .retry), (RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, .retry),
            (RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, .retry), (RD_KAFKA_RESP_ERR_INVALID_RECORD, .setAsideIfAlone),
            (RD_KAFKA_RESP_ERR__FATAL, .startAnew), (RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, .startAnew),
        ]
        for (code, remedy) in table { #expect(KafkaRemedy.remedy(forCode: code.rawValue) == remedy) }
        #expect(KafkaRemedy.remedy(forCode: 1, isFatal: true) == .startAnew)
    }

    @Test("Every partitioner stays within the partitions, without a key too")
    func partitioners() throws {
        let numbers = Numbers(100)
        // As librdkafka's CONFIGURATION.md has them.
        let names = [
            "random", "consistent", "consistent_random", "murmur2", "murmur2_random", "fnv1a", "fnv1a_random",
        ]
        #expect(Partitioner.names == names)
        for name in names {
            let partitioner = try #require(Partitioner(named: name))
            for index in 0..<100 {
                #expect((0..<5).contains(partitioner.partition(forKey: numbers[index], count: 5)))
            }
            #expect((0..<5).contains(partitioner.partition(forKey: .init(start: nil, count: 0), count: 5)))
        }
        #expect(Partitioner(named: "cooperative") == nil)
    }

    @Test("A missing topic is seen as missing, and looking does not create it")
    func missingTopic() throws {
        let cluster = try #require(MockCluster())
        cluster.createTopic("there", partitions: 3)
        let admin = try Admin.open(["bootstrap.servers": cluster.bootstrap])
        for _ in 0..<3 {
            #expect(try !admin.describeTopic("missing", timeoutMilliseconds: 5000).exists)
        }
        let there = try admin.describeTopic("there", timeoutMilliseconds: 5000)
        #expect(there.exists)
        #expect(there.partitions.map(\.id) == [0, 1, 2])
        // The same brokers do create on being asked by name, as a producer does: the test could tell.
        let producer = try Producer.open(cluster.producerProperties, topic: "missing")
        #expect(
            eventually(within: .seconds(10)) {
                (try? admin.describeTopic("missing", timeoutMilliseconds: 5000).exists) == true
            })
        producer.close()
    }
}
