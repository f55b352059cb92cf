// SIGHUP and `systemctl reload`, for both programs: reads the same configuration again, takes what can change while the
// program runs, says what cannot, and leaves everything as it is where the new one is wrong. Systemd is told when it begins
// and when it is over (sd_notify(3): RELOADING=1, then READY=1).
import Kafka
import Linux
import Mongo
import Pipeline
import Settings
import Systemd

package struct Reload {
    private let file: String?
    private let program: Program
    private let log: Log
    private let takes: (Settings) -> Void
    /// What status shows of a configuration that was not taken; nil once one was.
    private let state: (String?) -> Void

    /// `file`: as the command line names it.
    package init(
        file: String?, program: Program, log: Log, takes: @escaping (Settings) -> Void,
        state: @escaping (String?) -> Void
    ) {
        self.file = file
        self.program = program
        self.log = log
        self.takes = takes
        self.state = state
    }

    /// The settings of `file` and the environment, as this program needs them.
    package static func load(_ file: String?, _ program: Program) throws(SettingsError) -> Settings {
        switch program {
        case .daemon:
            try Settings.load(
                file: file, environment: Environment.variables, propertyFault: ClientProperties.check)
        case .web: try Settings.load(file: file, environment: Environment.variables, secrets: .web)
        }
    }

    /// Goes from `current` to what the file says now.
    package func run(from current: Settings) {
        let microseconds = Monotonic.now.nanoseconds / 1000
        ServiceManager.notify("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=reading the configuration again")
        defer { ServiceManager.notify("READY=1") }
        log.notice("configuration: reading it again")
        do throws(SettingsError) {
            let new = try Reload.load(file, program)
            let change = try current.taking(new, for: program, file: file ?? Settings.defaultFile)
            if let fault = fault(change) { return refuse([fault]) }
            takes(change.settings)
            state(nil)
            for key in change.taken { log.notice("configuration: \(key) is taken") }
            for key in change.needsRestart {
                log.warning("configuration: \(key) needs a restart; the old value stays until then")
            }
            if change.taken.isEmpty, change.needsRestart.isEmpty { log.notice("configuration: nothing has changed") }
        } catch {
            refuse(error.mistakes.map(\.description))
        }
    }

    private func refuse(_ faults: [String]) {
        for fault in faults { log.error("configuration: \(fault)") }
        log.error("configuration: the old one stays as it was, whole")
        state("\(firstOf(faults) ?? "wrong"); the old one stays")
    }

    /// What only the libraries can tell, before anything that works is closed: files of certificates, a uri's options.
    private func fault(_ change: SettingsChange) -> String? {
        let settings = change.settings
        if change.taken.contains(where: { $0.hasPrefix("mongodb.uri") }) {
            do throws(MongoError) { try MongoClient.open(uri: settings.mongodb.uri.revealed).close() } catch {
                return "mongodb.uri: \(error.text)"
            }
        }
        if program == .daemon, change.taken.contains(where: { $0.hasPrefix("kafka.") }) {
            if let fault = KafkaClients.fault(settings.kafka) { return "kafka: \(fault)" }
        }
        return nil
    }
}
