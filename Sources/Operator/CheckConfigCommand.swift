// `clickd check-config`: the file's mistakes; with --probe also whether Kafka, the topic, MongoDB and the disk are as
// the configuration says: the doctor's checks of them, problems only. The configuration was read before this runs.
import Linux
import Settings

enum CheckConfigCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        if options.has("reference") {
            Terminal.write(1, Settings.reference)
            return 0
        }
        Terminal.print("configuration: in order")
        guard options.has("probe") else { return 0 }
        let patient = Patient(settings: settings, configFile: options["config"] ?? Settings.defaultFile, daemon: nil)
        var isWell = true
        func say(_ name: String, _ findings: [Finding]) {
            let problems = findings.filter { $0.verdict == .problem }.map(\.text)
            if !problems.isEmpty { isWell = false }
            Terminal.print(
                Terminal.safe("\(name): \(problems.isEmpty ? "in order" : problems.joined(separator: "; "))"))
        }
        if settings.pipeline.runsIntake { say("outbox \(settings.outbox.path)", DiskChecks.examine(patient)) }
        if patient.usesKafka {
            say(
                "kafka \(settings.kafka.brokers), topic \(settings.kafka.topic)",
                KafkaChecks.examine(settings, isWhole: false))
        }
        if patient.usesMongoDB {
            say("mongodb, database \(settings.mongodb.database)", MongoChecks.examine(settings.mongodb))
        }
        return isWell ? 0 : 1
    }
}
