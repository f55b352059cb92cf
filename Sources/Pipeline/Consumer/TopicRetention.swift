// How long Kafka keeps an event, against how long the oldest one waits for MongoDB: what is left of it is how much longer
// an outage of MongoDB may last. Time only: `retention.bytes` may delete sooner.

public struct TopicRetention: Sendable, Equatable {
    /// The topic's `retention.ms`; nil keeps for ever.
    public let milliseconds: Int64?

    /// `milliseconds`: as Kafka says it, -1 for ever, 0 not known yet.
    package init?(milliseconds: Int64) {
        guard milliseconds != 0 else { return nil }
        self.milliseconds = milliseconds > 0 ? milliseconds : nil
    }

    /// Milliseconds until Kafka may delete the oldest event that MongoDB lacks; nil where it keeps for ever.
    public func left(oldest: Int64?, now: Int64) -> Int64? {
        guard let milliseconds else { return nil }
        return milliseconds - max(0, now - (oldest ?? now))
    }

    /// Half of it gone is worth a word.
    package func warning(oldest: Int64?, now: Int64) -> String? {
        guard let milliseconds, let left = left(oldest: oldest, now: now), left < milliseconds / 2 else { return nil }
        return "events that MongoDB lacks have used up half of the topic's retention.ms=\(milliseconds): raise it, or "
            + "Kafka deletes them before they are written"
    }
}
