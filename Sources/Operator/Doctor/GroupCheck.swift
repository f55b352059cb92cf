// The consumer group: how far behind its committed offsets are, and whether anybody is in it.
import Kafka
import Linux
import Pipeline
import Settings

enum GroupCheck {
    private static let timeout: Int32 = 5000

    static func examine(_ admin: Admin, _ topic: TopicDescription, _ kafka: KafkaSettings) -> Finding {
        // Where a cluster has never had a group, the first question makes Kafka's topic for them.
        let deadline = Monotonic.now.adding(milliseconds: Int(timeout))
        while true {
            do throws(KafkaError) {
                return try look(admin, topic, kafka)
            } catch {
                if error.isCoordinatorAway, Monotonic.now < deadline {
                    usleep(200_000)
                    continue
                }
                return .warning(
                    "group.lag", "the group \(kafka.group) cannot be looked at: \(error.text)",
                    remedy: error.isCoordinatorAway
                        ? "ask again when Kafka's brokers have settled"
                        : "allow clickd's user Describe on group \(kafka.group)")
            }
        }
    }

    private static func look(
        _ admin: Admin, _ topic: TopicDescription, _ kafka: KafkaSettings
    ) throws(KafkaError) -> Finding {
        let members = try admin.groupMembers(kafka.group, timeoutMilliseconds: timeout)
        let committed = try admin.committed(
            kafka.group, topic: topic.name, partitions: topic.partitions.map(\.id), timeoutMilliseconds: timeout)
        var lag: Int64 = 0
        for partition in topic.partitions {
            let marks = try admin.watermarks(topic.name, partition.id, timeoutMilliseconds: timeout)
            lag += max(0, marks.high - max(marks.low, committed[partition.id] ?? marks.low))
        }
        return judge(kafka.group, members: members, lag: Int(lag))
    }

    static func judge(_ group: String, members: Int, lag: Int) -> Finding {
        let check = "group.lag"
        let behind = "group \(group) is \(Format.count(lag)) events behind"
        if members == 0, lag > 0 {
            return .warning(
                check, "\(behind) and has no members: nothing goes to MongoDB",
                remedy: "systemctl start clickd on a host with \"consumer\" in pipeline.roles")
        }
        if members == 0 { return .ok(check, "group \(group) has no members and nothing to do") }
        return .ok(check, "\(behind), \(members) member\(members == 1 ? "" : "s")")
    }
}
