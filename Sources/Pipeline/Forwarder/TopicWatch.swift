// A thread that looks at the topic every few seconds: whether it is there (a missing one is never created by accident,
// only with kafka.create_topic), how many partitions it has, and whether it is as safe as the promise needs. Forwarder
// and consumer start when it says so.
import Kafka
import Linux
import Settings
import Synchronization

package final class TopicWatch: Sendable {
    private static let timeout: Int32 = 3000
    private let live: LiveSettings
    private let conditions: Conditions
    private let control: StageControl
    private let log: Log
    private let partitions = Atomic<Int32>(0)
    private let retention = Atomic<Int64>(0)
    private let stands = Guarded<String?>(nil)
    /// Signalled when the number of partitions becomes known.
    let found: EventDescriptor

    package init(
        live: LiveSettings, conditions: Conditions, control: StageControl, log: Log
    ) throws(SystemError) {
        self.live = live
        self.conditions = conditions
        self.control = control
        self.log = log
        found = try EventDescriptor()
    }

    /// What a client that only looks is told.
    package static func properties(_ settings: KafkaSettings) -> ClientProperties {
        var properties = KafkaProperties.client(settings)
        // A broker that hangs up says no more of what it wants; that it did is all there is.
        properties.set("log.connection.close", "true")
        return properties
    }

    /// 0 until the topic was found, and usable, once.
    package var partitionCount: Int32 { partitions.load(ordering: .acquiring) }

    /// The topic's `retention.ms`: -1 for ever, 0 while it is not known.
    package var retentionMilliseconds: Int64 { retention.load(ordering: .relaxed) }

    /// Why Kafka takes nothing for some partitions, when it was last seen.
    package var standstill: String? { stands.withLock { $0 } }

    package func run() -> StageOutcome {
        var admin: Admin?
        var seen = 0
        var settings = live.now.kafka
        while !control.isStopRequested {
            control.turn()
            if let new = live.next(&seen) {
                if !settings.hasSameClients(as: new.kafka) { admin = nil }
                settings = new.kafka
            }
            var standstill: String?
            do throws(KafkaError) {
                let client: Admin
                if let admin { client = admin } else { client = try open(settings) }
                admin = client
                standstill = try look(client, settings)
            } catch {
                conditions.set("kafka", KafkaCause.sentence(error, admin?.connection, settings))
            }
            stands.withLock { $0 = standstill }
            // New settings are looked at soon.
            var pause = partitionCount > 0 && conditions.reason("kafka") == nil ? 5000 : 500
            while pause > 0, !live.hasNews(seen), !control.stop.wait(milliseconds: 250) { pause -= 250 }
        }
        return .stopped
    }

    private func open(_ settings: KafkaSettings) throws(KafkaError) -> Admin {
        let log = log
        return try Admin.open(TopicWatch.properties(settings)) { _, facility, text in
            log.debug("librdkafka \(facility): \(text)")
        }
    }

    /// What stands still in a topic that is there and usable; nil for any other.
    private func look(_ admin: Admin, _ settings: KafkaSettings) throws(KafkaError) -> String? {
        let topic = try admin.describeTopic(settings.topic, timeoutMilliseconds: TopicWatch.timeout)
        guard topic.exists, !topic.partitions.isEmpty else {
            guard settings.createTopic else {
                conditions.set(
                    "kafka",
                    "topic \(settings.topic) does not exist, or may not be seen; create it, or set kafka.create_topic")
                return nil
            }
            try admin.createTopic(
                settings.topic, partitions: Int32(settings.partitions), replication: Int32(settings.replication),
                configuration: ["message.timestamp.type": "LogAppendTime"], timeoutMilliseconds: TopicWatch.timeout)
            return nil
        }
        let configuration = try? admin.topicConfiguration(settings.topic, timeoutMilliseconds: TopicWatch.timeout)
        if let policy = configuration?["cleanup.policy"], policy.contains("compact") {
            conditions.set(
                "kafka",
                "topic \(settings.topic) is compacted (cleanup.policy=\(policy)): it would drop events; use delete")
            return nil
        }
        if let text = configuration?["retention.ms"], let milliseconds = Int64(text) {
            retention.store(milliseconds, ordering: .relaxed)
        }
        conditions.set("kafka", nil)
        conditions.set("durability", TopicSafety.weakness(topic, configuration ?? [:]))
        if partitions.exchange(Int32(topic.partitions.count), ordering: .acquiringAndReleasing) == 0 { found.signal() }
        return TopicSafety.standstill(topic, configuration ?? [:])
    }
}
