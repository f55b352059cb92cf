// `clickd check-config`: the file's mistakes; with --probe also whether Kafka, the topic, MongoDB and the disk are as
// the configuration says. The configuration was read before this runs.
import Kafka
import Linux
import Mongo
import Pipeline
import Settings

enum CheckConfigCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        if options.has("reference") {
            Terminal.write(1, Settings.reference)
            return 0
        }
        Terminal.print("configuration: in order")
        guard options.has("probe") else { return 0 }
        var isWell = true
        func say(_ name: String, _ problem: String?) {
            if problem != nil { isWell = false }
            Terminal.print("\(name): \(problem ?? "in order")")
        }
        if settings.pipeline.runsIntake { say("outbox \(settings.outbox.path)", disk(settings.outbox)) }
        if settings.pipeline.mode == .kafka {
            say("kafka \(settings.kafka.brokers), topic \(settings.kafka.topic)", kafka(settings.kafka))
        }
        if settings.pipeline.mode == .direct || settings.pipeline.runsConsumer {
            say("mongodb, database \(settings.mongodb.database)", mongo(settings.mongodb))
        }
        return isWell ? 0 : 1
    }

    private static func kafka(_ settings: KafkaSettings) -> String? {
        do throws(KafkaError) {
            var properties: ClientProperties = ["bootstrap.servers": settings.brokers, "client.id": "clickd-check"]
            for property in settings.client { properties.set(property.name, property.value) }
            let admin = try Admin.open(properties)
            let topic = try admin.describeTopic(settings.topic, timeoutMilliseconds: 5000)
            if !topic.exists {
                return settings.createTopic
                    ? nil : "the topic does not exist, or may not be seen; create it, or set kafka.create_topic = true"
            }
            let configuration = try admin.topicConfiguration(settings.topic, timeoutMilliseconds: 5000)
            if configuration["cleanup.policy"]?.contains("compact") == true {
                return "the topic is compacted; use cleanup.policy=delete"
            }
            return TopicSafety.weakness(topic, configuration)
        } catch { return "\(error.text) (\(error.name))" }
    }

    private static func mongo(_ settings: MongoSettings) -> String? {
        do throws(MongoError) {
            try MongoClient.probe(uri: settings.uri.revealed, timeout: .seconds(5))
            let client = try MongoClient.open(uri: settings.uri.revealed)
            defer { client.close() }
            if let major = try client.serverVersion().first, major < 5 {
                return "MongoDB \(major) is too old; 5.0 or later"
            }
            let topology = try client.topology()
            if !topology.majorityIsMeaningful {
                return "a standalone server: a majority write means one copy; use a replica set"
            }
            return topology.isWritable ? nil : "no primary takes writes"
        } catch { return error.text }
    }

    private static func disk(_ settings: OutboxSettings) -> String? {
        do throws(SystemError) {
            try Files.makeFolder(settings.path, mode: 0o700)
            let probe = settings.path + "/probe"
            try Files.replace(probe, with: Array("clickd".utf8))
            unlink(probe)
        } catch { return "\(error)" }
        var status = statvfs()
        guard statvfs(settings.path, &status) == 0 else { return nil }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        return free < settings.minFreeBytes
            ? "\(Format.bytes(free)) are free, less than outbox.min_free_bytes (\(Format.bytes(settings.minFreeBytes)))"
            : nil
    }
}
