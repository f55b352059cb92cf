// [kafka] and its tables [kafka.client], [kafka.producer], [kafka.consumer].

/// What stands in `[kafka]`.
public struct KafkaSettings: Sendable, Equatable {
    /// Brokers to begin with: `host:port`, commas between. Default localhost:9092.
    public var brokers: String = "localhost:9092"
    /// 1 to 249 of letters, digits, `.`, `_`, `-`. Default customer_click_data.
    public var topic: String = "customer_click_data"
    /// Consumer group, 1 to 249 bytes. Default clickd.
    public var group: String = "clickd"
    /// Whether a missing topic is created, with LogAppendTime. Default false.
    public var createTopic: Bool = false
    /// Partitions of a created topic. 1 to 10000; default 6.
    public var partitions: Int = 6
    /// Replicas of each partition of a created topic. 1 to 100; default 3.
    public var replication: Int = 3
    /// librdkafka's properties for both producer and consumer, in the file's order. Default none.
    public var client: [KafkaProperty] = []
    /// Those for the producer alone, set after `client`. Default none.
    public var producer: [KafkaProperty] = []
    /// Those for the consumer alone, set after `client`. Default none.
    public var consumer: [KafkaProperty] = []

    public init() {}

    /// Whether clients that were made of `other` need not be made anew.
    public func hasSameClients(as other: KafkaSettings) -> Bool {
        brokers == other.brokers && client == other.client && producer == other.producer && consumer == other.consumer
    }
}

/// One of librdkafka's own properties. Its description leaves the value out, which may be a password.
public struct KafkaProperty: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// librdkafka's name, e.g. "sasl.mechanism".
    public let name: String
    /// Its value as text, as librdkafka takes it.
    public let value: String
    /// The file that the value was read from; nil: it stands in the configuration.
    public let file: String?

    public init(name: String, value: String, file: String? = nil) {
        self.name = name
        self.value = value
        self.file = file
    }

    public var description: String { "\(name) = (not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

extension KafkaSettings {
    static var keys: [Key] {
        [
            Key(
                "kafka.brokers", \.kafka.brokers, .brokers, "Brokers to begin with; they name the others.",
                reload: .live),
            Key(
                "kafka.topic", \.kafka.topic,
                .text("1 to 249 of letters, digits, dot, underscore, hyphen; not . or ..") {
                    isToken($0, bytes: 1...249) && $0 != "." && $0 != ".."
                }, "The topic that events are sent to and consumed from.", reload: .restart),
            Key(
                "kafka.group", \.kafka.group,
                .text("1 to 249 bytes without control characters") { isPlain($0, bytes: 1...249) },
                "The consumer group; processes of one group share the work.", reload: .restart),
            Key(
                "kafka.create_topic", \.kafka.createTopic, .flag, "Create the topic where it is missing.", reload: .live
            ),
            Key(
                "kafka.partitions", \.kafka.partitions, .count(1...10000), "Partitions of a topic that clickd creates.",
                reload: .live),
            Key(
                "kafka.replication", \.kafka.replication, .count(1...100), "Replicas of a topic that clickd creates.",
                reload: .live),
            Key(
                table: "kafka.client", \.kafka.client, rule: KafkaProperties.rule, "Properties of both Kafka clients.",
                reload: .live
            ) {
                let (properties, remarks) = KafkaProperties.read("kafka.client", $0, $1)
                $2.kafka.client = properties
                return remarks
            },
            Key(
                table: "kafka.producer", \.kafka.producer, rule: KafkaProperties.rule,
                "Properties of the producer alone.", reload: .live
            ) {
                let (properties, remarks) = KafkaProperties.read("kafka.producer", $0, $1)
                $2.kafka.producer = properties
                return remarks
            },
            Key(
                table: "kafka.consumer", \.kafka.consumer, rule: KafkaProperties.rule,
                "Properties of the consumer alone.", reload: .live
            ) {
                let (properties, remarks) = KafkaProperties.read("kafka.consumer", $0, $1)
                $2.kafka.consumer = properties
                return remarks
            },
        ]
    }
}
