// What the doctor examines: the settings, where they came from, and, if a daemon runs, what it says of itself.
import Linux
import Settings

package struct Patient {
    package let settings: Settings
    package let configFile: String
    /// nil where no daemon answers.
    package let daemon: DaemonFacts?

    /// Asks the daemon, if there is one.
    package static func meet(_ settings: Settings, configFile: String) -> Patient {
        Patient(settings: settings, configFile: configFile, daemon: DaemonFacts.ask(settings.control.socket))
    }

    /// Whether Kafka is on the way of an event.
    var usesKafka: Bool { settings.pipeline.mode == .kafka }
    /// Whether this process writes to MongoDB.
    var usesMongoDB: Bool { settings.pipeline.mode == .direct || settings.pipeline.runsConsumer }
}

/// The examination, theme by theme; each names its findings "theme.thing".
package enum Doctor {
    static let themes: [@Sendable (Patient) -> [Finding]] = [
        VersionChecks.examine, OutboxChecks.examine, DiskChecks.examine, KernelChecks.examine, SocketChecks.examine,
        KafkaChecks.examine, MongoChecks.examine, ClockChecks.examine, ExposureChecks.examine, SecretChecks.examine,
    ]

    package static func examine(_ patient: Patient) -> [Finding] { themes.flatMap { $0(patient) } }
}
