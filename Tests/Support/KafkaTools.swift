// What only Kafka's own command-line tools do, on the servers of the test run.
import Linux
import Testing

public enum KafkaTools {
    /// Runs `bin/NAME.sh` against the test run's brokers.
    @discardableResult
    public static func run(_ name: String, _ arguments: [String]) throws -> String {
        let folder = try #require(Servers.folder)
        let brokers = try #require(Servers.kafka)
        let values = String(decoding: try Files.read(folder + "/env"), as: UTF8.self)
        let line = try #require(values.split(separator: "\n").first { $0.hasPrefix("KAFKA_HOME=") })
        let home = line.dropFirst("KAFKA_HOME=".count).filter { $0 != "'" }
        let done = try Command.run("\(home)/bin/\(name).sh", ["--bootstrap-server", brokers] + arguments)
        try #require(done.status == 0, "\(name): \(done.errors)\(done.output)")
        return done.output
    }
}
