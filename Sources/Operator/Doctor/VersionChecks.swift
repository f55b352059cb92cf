// Versions: of clickd and the libraries it has loaded. Those of the servers are looked at where they are asked.
import Kafka
import Linux
import Mongo
import SQLite

enum VersionChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        let daemon = patient.daemon
        return [
            clickd(daemon),
            sqlite(daemon?["sqlite"] ?? Database.libraryVersion),
            librdkafka(daemon?["librdkafka"] ?? KafkaLibrary.version, patient),
            .ok("version.libmongoc", "libmongoc \(daemon?["libmongoc"] ?? MongoRuntime.version)"),
        ]
    }

    private static func clickd(_ daemon: DaemonFacts?) -> Finding {
        let check = "version.clickd"
        guard let daemon else { return .ok(check, "clickd \(Version.text), no daemon runs") }
        guard daemon["version"] == Version.text else {
            return .warning(
                check, "the daemon still runs \(daemon["version"]), installed is \(Version.text)",
                remedy: "systemctl restart clickd")
        }
        return .ok(check, "clickd \(Version.text), running as process \(daemon.numbers["pid"] ?? 0)")
    }

    /// https://www.sqlite.org/wal.html#walresetbug
    static func sqlite(_ version: String) -> Finding {
        let number = numbers(version)
        let isHit = !number.lexicographicallyPrecedes([3, 7, 0]) && number.lexicographicallyPrecedes([3, 51, 3])
        return .ok(
            "version.sqlite",
            isHit
                ? "SQLite \(version): 3.7.0 to 3.51.2 can corrupt a WAL that two connections write and checkpoint at "
                    + "once; clickd has one, exclusive, and nothing else may open outbox.db"
                : "SQLite \(version)")
    }

    private static func librdkafka(_ version: String, _ patient: Patient) -> Finding {
        let check = "version.librdkafka"
        let mechanism = patient.settings.kafka.value(of: "sasl.mechanism") ?? ""
        if KafkaLibrary.hasOldSCRAM, mechanism.hasPrefix("SCRAM"), patient.usesKafka {
            return .warning(
                check, KafkaLibrary.insteadOfOldSCRAM,
                remedy: "\"sasl.mechanism\" = \"PLAIN\" with security.protocol SASL_SSL, or a newer librdkafka1")
        }
        let note = "; before 2.3.0 a disconnect can end its producer: clickd makes another and resends"
        return .ok(check, "librdkafka \(version)" + (KafkaLibrary.goesFatalOnDisconnect ? note : ""))
    }

    /// "3.40.1" as [3, 40, 1].
    static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
}
