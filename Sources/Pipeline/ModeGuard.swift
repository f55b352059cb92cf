// Leaving mode "kafka" while events still lie in the topic would strand them: it is refused until MongoDB has everything
// the topic has. The outbox remembers which mode it was last run in.
import Kafka
import Mongo
import Settings

enum ModeGuard {
    /// Throws where `settings` leave kafka mode too early; notes the mode otherwise.
    static func check(_ file: OutboxFile, _ settings: Settings) throws {
        let last = String(decoding: try file.load("mode"), as: UTF8.self)
        if last == PipelineSettings.Mode.kafka.rawValue, settings.pipeline.mode == .direct {
            let advice = "start once more with pipeline.mode = \"kafka\" until `clickd status` shows lag 0"
            do {
                let lag = try lag(settings)
                guard lag == 0 else {
                    throw OutboxError.refused("\(lag) events are in Kafka and not yet in MongoDB; \(advice)")
                }
            } catch let error as KafkaError {
                throw OutboxError.refused("whether Kafka still holds events is not known (\(error.text)); \(advice)")
            } catch let error as MongoError {
                throw OutboxError.refused("whether MongoDB has all events is not known (\(error.text)); \(advice)")
            }
        }
        try file.save("mode", Array(settings.pipeline.mode.rawValue.utf8))
    }

    private static func lag(_ settings: Settings) throws -> Int {
        let admin = try Admin.open(KafkaProperties.client(settings.kafka))
        let topic = try admin.describeTopic(settings.kafka.topic, timeoutMilliseconds: 5000)
        guard topic.exists else { return 0 }
        var properties = KafkaProperties.consumer(settings.kafka, instance: "clickd-lag")
        properties.set("group.id", settings.kafka.group + "-lag")
        let consumer = try Consumer.open(properties, topic: settings.kafka.topic)
        defer { consumer.close() }
        let store = try OffsetStore.open(settings.mongodb, settings.kafka)
        return try topic.partitions.reduce(0) { sum, partition in
            let marks = try consumer.queryWatermarks(partition.id, timeoutMilliseconds: 5000)
            let next = try store.load(partition.id)?.next ?? marks.low ?? 0
            return sum + Int(max(0, marks.high - next))
        }
    }
}
