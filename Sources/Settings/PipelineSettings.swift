// [pipeline]: the way of an event, and which stages of it this process runs.

/// What stands in `[pipeline]`.
public struct PipelineSettings: Sendable, Equatable {
    /// The way from the outbox to MongoDB.
    public enum Mode: String, Sendable, CaseIterable {
        /// Through Kafka.
        case kafka
        /// The forwarder writes to MongoDB itself; no Kafka, and no consumer.
        case direct
    }

    /// A part of the way that a process can run.
    public enum Role: String, Sendable, CaseIterable {
        case intake
        case forwarder
        case consumer
    }

    /// Default `kafka`.
    public var mode: Mode = .kafka
    /// At least one; intake and forwarder only together. In mode `direct` these two must be there, and consumer is
    /// ignored: the forwarder does its work. Default: all three.
    public var roles: Set<Role> = [.intake, .forwarder, .consumer]

    public init() {}

    /// Whether this process takes events in and forwards them.
    public var runsIntake: Bool { roles.contains(.intake) }
    /// Whether this process consumes from Kafka.
    public var runsConsumer: Bool { mode == .kafka && roles.contains(.consumer) }
}

extension PipelineSettings {
    static var keys: [Key] {
        [
            Key(
                "pipeline.mode", \.pipeline.mode, .choice, "Through Kafka, or from one host directly to MongoDB.",
                reload: .restart),
            Key("pipeline.roles", \.pipeline.roles, .roles, "The stages that this process runs.", reload: .restart),
        ]
    }
}
