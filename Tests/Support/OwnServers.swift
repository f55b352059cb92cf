// Servers of one test's own, for tests that stop, kill or pause them: others share the test run's.
import Linux
import Testing

public final class OwnServers {
    public enum Name: String, Sendable {
        case kafka, mongo
        /// One node of three.
        case secondNode = "kafka-2"
    }

    private let folder: TemporaryFolder
    public let kafka: String
    public let mongodb: String
    /// Where Kafka's own tools are.
    public let kafkaHome: String

    /// For `environment`: brokers that do not create topics by themselves, as they do unless told otherwise.
    public static let topicsAreMadeByHand = ["EXTRA": "auto.create.topics.enable=false"]

    /// Starts them, lends them to `body`, and stops them whatever happens. What uses them ends inside `body`.
    /// `mongoData`: a folder for MongoDB's files. `environment`: of `scripts/services`.
    public static func lend(
        _ options: [String] = [], mongoData: String? = nil, environment: [String: String] = [:],
        _ body: (OwnServers) throws -> Void
    ) throws {
        let servers = try OwnServers(options, mongoData, environment)
        defer { servers.stop() }
        try body(servers)
    }

    private init(_ options: [String], _ mongoData: String?, _ environment: [String: String]) throws {
        folder = try TemporaryFolder()
        if let mongoData {
            let place = folder.path + "/servers/mongo"
            try #require(try Command.run("/bin/mkdir", ["-p", place]).status == 0)
            try #require(symlink(mongoData, place + "/data") == 0)
        }
        let started = try Command.run(
            OwnServers.script, ["start", folder.path + "/servers"] + options, environment: environment)
        try #require(started.status == 0, "servers start: \(started.errors)")
        let values = String(decoding: try Files.read(folder.path + "/servers/env"), as: UTF8.self)
        func value(_ name: String) -> String {
            let line = values.split(separator: "\n").first { $0.hasPrefix(name + "=") } ?? ""
            return String(line.dropFirst(name.count + 1).filter { $0 != "'" })
        }
        kafka = value("KAFKA_BROKERS")
        mongodb = value("MONGODB_URI")
        kafkaHome = value("KAFKA_HOME")
    }

    private static var script: String { Command.root + "/scripts/services" }

    private func stop() { _ = try? Command.run(OwnServers.script, ["stop", folder.path + "/servers"]) }

    /// kill -9.
    public func kill(_ name: Name) throws { try act("kill", name) }

    /// Returns when it serves again.
    public func restart(_ name: Name) throws { try act("restart", name) }

    /// SIGSTOP: connections stay open and nothing is answered.
    public func pause(_ name: Name) throws { try act("pause", name) }

    public func resume(_ name: Name) throws { try act("resume", name) }

    public func delete(topic: String) throws {
        let done = try Command.run(
            kafkaHome + "/bin/kafka-topics.sh", ["--bootstrap-server", kafka, "--delete", "--topic", topic])
        try #require(done.status == 0, "kafka-topics: \(done.errors)\(done.output)")
    }

    private func act(_ verb: String, _ name: Name) throws {
        let done = try Command.run(OwnServers.script, [verb, folder.path + "/servers", name.rawValue])
        try #require(done.status == 0, "\(verb) \(name): \(done.errors)")
    }
}
