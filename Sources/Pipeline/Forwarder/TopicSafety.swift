// Whether a topic keeps what the promise says: a majority of three replicas has every event that is acknowledged.
import Kafka

public enum TopicSafety {
    public static let safeReplicas = 3

    /// Why Kafka takes no events for some partitions: fewer copies are in sync than it must have, which is never more than there
    /// are. librdkafka tries such events again without a word.
    public static func standstill(_ topic: TopicDescription, _ configuration: TopicConfiguration) -> String? {
        guard let text = configuration["min.insync.replicas"], let least = Int(text) else { return nil }
        let short = topic.partitions.filter { $0.inSyncCount < min(least, $0.replicaCount) }.count
        guard short > 0 else { return nil }
        return "too few replicas in sync for \(short) of \(topic.partitions.count) partitions "
            + "(min.insync.replicas=\(least)); bring back their brokers"
    }

    /// What makes the topic less safe than three replicas, two of them in sync for every write.
    public static func weakness(_ topic: TopicDescription, _ configuration: TopicConfiguration) -> String? {
        var weak: [String] = []
        let replicas = topic.partitions.map(\.replicaCount).min() ?? 0
        if replicas < 3 { weak.append("\(replicas) replica\(replicas == 1 ? "" : "s") (3 are safe)") }
        if let text = configuration["min.insync.replicas"], let least = Int(text), least < 2 {
            weak.append("min.insync.replicas=\(least) (2 are safe)")
        }
        if configuration["unclean.leader.election.enable"] == "true" { weak.append("unclean leader election is on") }
        let leaderless = topic.partitions.filter { $0.leader < 0 }.count
        if leaderless > 0 { weak.append("\(leaderless) partitions have no leader") }
        return weak.isEmpty ? nil : "topic \(topic.name): " + weak.joined(separator: ", ")
    }
}
