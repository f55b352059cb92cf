// The topic's settings, each against what clickd promises or needs. Pure: values in, findings out.
import Kafka
import Linux
import Pipeline
import Settings

package enum TopicChecks {
    package static func examine(
        _ topic: TopicDescription, _ configuration: TopicConfiguration, _ settings: Settings
    ) -> [Finding] {
        let name = topic.name
        var findings = [partitions(topic), replication(topic)]
        func look(_ key: String, _ judge: (String) -> Finding) {
            if let value = configuration[key] { findings.append(judge(value)) }
        }
        look("cleanup.policy") { value in
            value.contains("compact")
                ? .problem(
                    "topic.cleanup_policy", "topic \(name) is compacted (cleanup.policy=\(value)): it drops events",
                    remedy: alter(name, "cleanup.policy=delete"))
                : .ok("topic.cleanup_policy", "cleanup.policy=\(value)")
        }
        look("min.insync.replicas") { value in
            (Int(value) ?? 0) < 2
                ? .problem(
                    "topic.min_insync_replicas",
                    "min.insync.replicas=\(value): an acknowledged event may be on one disk only",
                    remedy: alter(name, "min.insync.replicas=2"))
                : .ok("topic.min_insync_replicas", "min.insync.replicas=\(value)")
        }
        look("unclean.leader.election.enable") { value in
            value == "true"
                ? .problem(
                    "topic.unclean_election",
                    "unclean leader election is on: a lagging replica may take over and lose events",
                    remedy: alter(name, "unclean.leader.election.enable=false"))
                : .ok("topic.unclean_election", "no unclean leader election")
        }
        look("max.message.bytes") { largest($0, name, settings.intake.maxEventBytes) }
        look("retention.ms") { retention($0, configuration["retention.bytes"], name, settings.mongodb.retain) }
        look("message.timestamp.type") { value in
            value == "LogAppendTime"
                ? .ok("topic.timestamp_type", "message.timestamp.type=LogAppendTime")
                : .warning(
                    "topic.timestamp_type",
                    "message.timestamp.type=\(value): retention follows clocks of senders, a wrong one deletes early",
                    remedy: alter(name, "message.timestamp.type=LogAppendTime"))
        }
        return findings
    }

    private static func alter(_ topic: String, _ setting: String) -> String {
        "kafka-configs.sh --alter --entity-type topics --entity-name \(topic) --add-config \(setting)"
    }

    private static func partitions(_ topic: TopicDescription) -> Finding {
        let leaderless = topic.partitions.filter { $0.leader < 0 }.count
        let behind = topic.partitions.filter { $0.inSyncCount < $0.replicaCount }.count
        if leaderless > 0 {
            return .problem(
                "topic.leaders",
                "\(leaderless) of \(topic.partitions.count) partitions have no leader: their events wait",
                remedy: "start the brokers that are down: kafka-topics.sh --describe --unavailable-partitions")
        }
        return behind > 0
            ? .warning(
                "topic.leaders",
                "\(behind) of \(topic.partitions.count) partitions have fewer copies in sync than they should",
                remedy: "kafka-topics.sh --describe --under-replicated-partitions")
            : .ok("topic.leaders", "\(topic.partitions.count) partitions, each with a leader and all copies in sync")
    }

    private static func replication(_ topic: TopicDescription) -> Finding {
        let least = topic.partitions.map(\.replicaCount).min() ?? 0
        return least < TopicSafety.safeReplicas
            ? .problem(
                "topic.replication",
                "topic \(topic.name) has \(least) replica\(least == 1 ? "" : "s"), 3 are safe: a lost disk loses events",
                remedy: "kafka-reassign-partitions.sh with 3 replicas a partition (on a cluster of 3 brokers or more)")
            : .ok("topic.replication", "\(least) replicas")
    }

    /// An event is a record with a key and a few fields of clickd's beside it.
    private static func largest(_ value: String, _ topic: String, _ eventBytes: Int) -> Finding {
        let needed = eventBytes + 4096
        return (Int(value) ?? .max) < needed
            ? .problem(
                "topic.max_message_bytes",
                "max.message.bytes=\(value), intake takes events of \(eventBytes): the larger ones become dead letters",
                remedy: alter(topic, "max.message.bytes=\(max(1_048_588, needed))")
                    + ", or a lower intake.max_event_bytes")
            : .ok("topic.max_message_bytes", "max.message.bytes=\(value), room for intake.max_event_bytes")
    }

    /// Milliseconds; -1 is for ever. `retain`: MongoDB's.
    private static func retention(_ value: String, _ bytes: String?, _ topic: String, _ retain: Duration?) -> Finding {
        let check = "topic.retention"
        guard let milliseconds = Int64(value) else { return .ok(check, "retention.ms=\(value)") }
        let forever = milliseconds < 0
        if let retain, forever || milliseconds / 1000 >= retain.components.seconds {
            let days = retain.components.seconds / 86400
            return .problem(
                check,
                "the topic keeps events \(forever ? "for ever" : "\(milliseconds / 86_400_000) days"), MongoDB \(days): one "
                    + "read again after it expired is written anew",
                remedy: alter(topic, "retention.ms=\(max(1, retain.components.seconds / 2) * 1000)")
                    + ", or a longer mongodb.retain")
        }
        if let bytes, let limit = Int64(bytes), limit >= 0 {
            return .warning(
                check,
                "retention.bytes=\(limit): a flood while MongoDB is away deletes events before they are consumed",
                remedy: alter(topic, "retention.bytes=-1"))
        }
        if !forever, milliseconds < 86_400_000 {
            return .warning(
                check, "retention.ms=\(value): MongoDB may be away no longer than that",
                remedy: alter(topic, "retention.ms=604800000"))
        }
        return .ok(
            check, forever ? "kept for ever" : "kept \(milliseconds / 86_400_000) days: so long may MongoDB be away")
    }
}
