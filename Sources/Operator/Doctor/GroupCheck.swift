// The consumer group: how far behind its committed offsets are, and whether anybody is in it.
import Kafka
import Pipeline
import Settings

enum GroupCheck {
    private static let timeout: Int32 = 5000

    static func examine(_ admin: Admin, _ topic: TopicDescription, _ kafka: KafkaSettings) -> Finding {
        do throws(KafkaError) {
            let members = try admin.groupMembers(kafka.group, timeoutMilliseconds: timeout)
            let committed = try admin.committed(
                kafka.group, topic: topic.name, partitions: topic.partitions.map(\.id), timeoutMilliseconds: timeout)
            var lag: Int64 = 0
            for partition in topic.partitions {
                let marks = try admin.watermarks(topic.name, partition.id, timeoutMilliseconds: timeout)
                lag += max(0, marks.high - max(marks.low, committed[partition.id] ?? marks.low))
            }
            return judge(kafka.group, members: members, lag: Int(lag))
        } catch {
            return .warning(
                "group.lag", "the group \(kafka.group) cannot be looked at: \(error.text)",
                remedy: "allow clickd's user Describe on group \(kafka.group)")
        }
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
