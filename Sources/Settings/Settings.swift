// What an operator can set: one struct a section of clickd.toml, each in a file of its own.
// The initial values of the fields are the defaults; they stand nowhere else. `Settings.load` (Load.swift) reads
// the file and the environment over them and returns only what is valid as a whole.

/// The whole configuration, as both programs use it.
public struct Settings: Sendable, Equatable {
    public var host = HostSettings()
    public var intake = IntakeSettings()
    public var outbox = OutboxSettings()
    public var pipeline = PipelineSettings()
    public var kafka = KafkaSettings()
    public var mongodb = MongoSettings()
    public var control = ControlSettings()
    public var metrics = MetricsSettings()
    public var log = LogSettings()
    public var web = WebSettings()

    /// The defaults.
    public init() {}

    /// Where the configuration lies when no other file is named.
    public static let defaultFile = "/etc/clickd/clickd.toml"
}
