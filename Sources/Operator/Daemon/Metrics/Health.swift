// Two questions of a machine: is it alive (or should it be started anew), and does it take events (or should they go
// elsewhere)? An outage of Kafka or MongoDB is neither's business: it is waited for.
import Pipeline

package struct Health {
    /// A stage's loop that has not turned for longer is stuck.
    package static let stuckSeconds = 10.0

    /// Stages that are stuck.
    package let stuck: [String]
    /// nil where no intake runs.
    package let takesEvents: Bool?
    package let isStopping: Bool

    package init(stuck: [String], takesEvents: Bool?, isStopping: Bool) {
        self.stuck = stuck
        self.takesEvents = takesEvents
        self.isStopping = isStopping
    }

    init(_ pipeline: Pipeline) {
        self.init(
            stuck: pipeline.stuckStages(seconds: Health.stuckSeconds), takesEvents: pipeline.takesEvents,
            isStopping: pipeline.isStopping)
    }

    /// Why it is not alive; nil when it is.
    package var sickness: String? {
        guard !stuck.isEmpty else { return nil }
        return "\(stuck.joined(separator: ", ")) has not turned for \(Int(Health.stuckSeconds)) s"
    }

    /// Why it takes no events; nil when it does.
    package var refusal: String? {
        if isStopping { return "it is stopping" }
        // Whoever waits for a stage that is stuck waits for nothing.
        if let stage = stuck.first(where: { $0 == "intake" || $0 == "outbox" }) { return "\(stage) is stuck" }
        return takesEvents == false ? "the outbox has no room: it is at its limit, or its disk is" : nil
    }
}
