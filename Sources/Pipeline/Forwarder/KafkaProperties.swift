// What clickd tells librdkafka, and why. The operator's own properties come last but for those the settings refuse.
import Kafka
import Settings

enum KafkaProperties {
    static func client(_ settings: KafkaSettings) -> ClientProperties {
        // A broker that is cut off refuses nothing, it only is silent: its partitions have a new leader within seconds,
        // which librdkafka looks for once the last request to the old one has run out. Its default is a minute.
        var properties: ClientProperties = [
            "bootstrap.servers": settings.brokers,
            "client.id": "clickd",
            "socket.timeout.ms": "10000",
            "reconnect.backoff.ms": "100",
            "reconnect.backoff.max.ms": "2000",
            "topic.metadata.refresh.interval.ms": "30000",
            "log.connection.close": "false",
        ]
        for property in settings.client { properties.set(property.name, property.value) }
        return properties
    }

    /// `isAlone`: one event a request, to find the one that a broker refuses.
    static func producer(_ settings: KafkaSettings, isAlone: Bool) -> ClientProperties {
        var properties = client(settings)
        // Order and no repeats within a session; never give an event up: it leaves by its delivery report alone.
        properties.set("enable.idempotence", "true")
        properties.set("acks", "all")
        properties.set("message.timeout.ms", "0")
        // Bounded by what the forwarder holds (ForwarderDoor.windowBytes): these are never reached.
        properties.set("queue.buffering.max.messages", "10000000")
        properties.set("queue.buffering.max.kbytes", "2097151")
        properties.set("batch.size", "1000000")
        properties.set("batch.num.messages", "10000")
        // Events are already stored; what waits a moment goes in fewer requests, which cost the broker most.
        properties.set("linger.ms", "20")
        properties.set("compression.codec", "lz4")
        properties.set("retry.backoff.ms", "100")
        for property in settings.producer where property.name != "partitioner" {
            properties.set(property.name, property.value)
        }
        if isAlone { properties.set("batch.num.messages", "1") }
        return properties
    }

    /// How many messages the producer is given in one call. One where the operator's own bounds may fill its queue: of
    /// several it could take a later one and not the one before, and a visitor's order would be lost.
    static func messagesAtOnce(_ settings: KafkaSettings) -> Int {
        let bounds: Set = ["queue.buffering.max.messages", "queue.buffering.max.kbytes"]
        return (settings.client + settings.producer).contains { bounds.contains($0.name) } ? 1 : 256
    }

    static func partitioner(_ settings: KafkaSettings) -> Partitioner {
        let name = settings.producer.last { $0.name == "partitioner" }?.value
        return name.flatMap(Partitioner.init(named:)) ?? Partitioner.standard
    }

    static func consumer(_ settings: KafkaSettings, instance: String) -> ClientProperties {
        var properties = client(settings)
        properties.set("group.id", settings.group)
        // Static membership: a restart within the session timeout keeps the partitions.
        properties.set("group.instance.id", instance)
        properties.set("enable.auto.commit", "false")
        properties.set("enable.auto.offset.store", "false")
        properties.set("auto.offset.reset", "earliest")
        properties.set("partition.assignment.strategy", "range")
        properties.set("session.timeout.ms", "30000")
        properties.set("max.poll.interval.ms", "300000")
        // A queue that is a fraction of a second's work, filled in small steps: memory. Since 2.2 librdkafka can be told to
        // look for room soon; before, Consumer sees to it.
        properties.set("queued.min.messages", "20000")
        properties.set("queued.max.messages.kbytes", "16384")
        properties.set("fetch.message.max.bytes", "262144")
        properties.set("check.crcs", "true")
        for property in settings.consumer { properties.set(property.name, property.value) }
        return properties
    }
}

/// Whether clients can be made of settings, before those that work are closed.
public enum KafkaClients {
    /// Why not; nothing is connected.
    public static func fault(_ settings: KafkaSettings) -> String? {
        do throws(KafkaError) {
            let producer = try Producer.open(
                KafkaProperties.producer(settings, isAlone: false), topic: settings.topic)
            producer.close()
            return nil
        } catch { return error.text }
    }
}
