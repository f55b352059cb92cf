// The daemon's numbers for Prometheus; docs/metrics.md is their reference, and a test holds both together. Read from what
// the stages publish: a scrape takes no lock that a stage holds for longer than a copy.
import Linux
import Metrics
import Pipeline

/// `@unchecked Sendable`: of the pipeline it uses what is constant or locked.
final class DaemonMetrics: @unchecked Sendable {
    private let pipeline: Pipeline

    init(_ pipeline: Pipeline) { self.pipeline = pipeline }

    func text() -> [UInt8] {
        let outbox = pipeline.outboxSnapshot?.withLock { $0 }
        let consumer = pipeline.consumerSnapshot?.withLock { $0 }
        var text = MetricsText()
        text.family(
            "clickd_build_info", .gauge, "The running version, always 1.", [.init(1, ("version", Version.text))])
        state(&text)
        text.ledger(outbox, consumer, isDirect: pipeline.settings.pipeline.mode == .direct)
        if let outbox {
            intake(&text)
            text.outbox(
                outbox, maxBytes: pipeline.settings.outbox.maxBytes, floor: pipeline.settings.outbox.minFreeBytes)
        }
        if pipeline.settings.pipeline.mode == .kafka {
            let isUp = pipeline.conditions.reason("kafka") == nil && pipeline.conditions.reason("forwarder") == nil
            text.gauge("clickd_kafka_up", "1 while the topic is there and events are delivered.", isUp ? 1 : 0)
        }
        if outbox != nil, pipeline.settings.pipeline.mode == .kafka { forwarder(&text) }
        if consumer != nil || pipeline.settings.pipeline.mode == .direct { mongodb(&text) }
        if let consumer { text.consumer(consumer, pipeline.topicRetention) }
        text.process()
        return text.bytes
    }

    private func state(_ text: inout MetricsText) {
        let conditions = pipeline.conditions.all
        let state = DaemonState(pipeline)
        text.family(
            "clickd_state", .gauge, "1 for the state the daemon is in, 0 for the others.",
            DaemonState.allCases.map { .init($0 == state ? 1 : 0, ("state", $0.rawValue)) })
        let parts = Conditions.parts + conditions.map(\.part).filter { !Conditions.parts.contains($0) }
        text.family(
            "clickd_condition", .gauge, "1 while this part is not well; `clickd status` says why.",
            parts.map { part in .init(conditions.contains { $0.part == part } ? 1 : 0, ("part", part)) })
        text.family(
            "clickd_stage_turn_age_seconds", .gauge,
            "Since this stage's loop last turned; more than 10 is stuck, and 503 at /healthz.",
            pipeline.turns.map { .init($0.seconds, ("stage", $0.stage)) })
    }

    private func intake(_ text: inout MetricsText) {
        text.gauge(
            "clickd_intake_accepting", "1 while intake takes events, 0 while it takes none (503 at /readyz).",
            pipeline.takesEvents.map { $0 ? 1 : 0 })
        text.gauge(
            "clickd_intake_connections", "Open stream connections.",
            pipeline.intakeStatus.connections.load(ordering: .relaxed))
        text.gauge(
            "clickd_intake_connections_limit", "intake.max_connections: beyond, senders wait in the backlog.",
            pipeline.settings.intake.maxConnections)
        text.histogram(
            "clickd_intake_acknowledgement_seconds",
            "From reading a batch's first line to sending its answers, a batch.", pipeline.intakeStatus.acknowledgement)
    }

    private func forwarder(_ text: inout MetricsText) {
        let status = pipeline.forwarderStatus
        text.gauge(
            "clickd_kafka_in_flight_events", "Events with the producer, without a delivery report.",
            status.inFlight.load(ordering: .relaxed))
        text.counter(
            "clickd_kafka_producer_restarts_total", "New producers made because of an error.",
            status.restarts.load(ordering: .relaxed))
        text.histogram(
            "clickd_kafka_delivery_seconds",
            "From a batch's commit to its last delivery report, a batch, without those read back from the disk.",
            status.delivery)
    }

    private func mongodb(_ text: inout MetricsText) {
        let status = pipeline.writerStatus
        text.gauge(
            "clickd_mongodb_up", "1 while MongoDB takes events.", pipeline.conditions.reason("mongodb") == nil ? 1 : 0)
        text.counter(
            "clickd_mongodb_write_failures_total", "Writes that failed and were tried again.", status.failures.value)
        text.histogram("clickd_mongodb_write_seconds", "A chunk's write that succeeded.", status.writeSeconds)
        text.histogram("clickd_mongodb_write_events", "Events in a chunk written.", status.writeEvents)
    }
}
