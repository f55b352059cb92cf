// Kafka and MongoDB that want to know who speaks: TLS, passwords, client certificates. Heavy, so started once for the whole
// test process and stopped by the script when that process ends, however it ends.
import Linux
import Testing

public final class SecuredServers: Sendable {
    /// What `scripts/services --secured` has set up.
    public static let user = "clickd"
    public static let password = "right-password"

    public let folder: String
    private let values: [String: String]
    /// Ended with its last reference.
    private let script: Process

    /// Started at the first use.
    public static func shared() throws -> SecuredServers {
        switch started {
        case .success(let servers): return servers
        case .failure(let error): throw error
        }
    }

    private static let started: Result<SecuredServers, any Error> = Result { try SecuredServers() }

    private init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        folder = "\(base)/clickd-secured-\(Files.randomHex(bytes: 4))"
        // `tail --pid` waits for this process; with it the script ends, and stops the servers.
        script = try Process.start(
            Command.root + "/scripts/services",
            ["run", folder, "--secured", "--", "tail", "--pid=\(getpid())", "-f", "/dev/null"],
            environment: ["KAFKA_HEAP_OPTS": "-Xmx256m", "MONGO_CACHE_GB": "0.25"])
        let (place, starting) = (folder, script)
        eventually(within: 120, "servers start: \(starting.errors)") { Files.exists(place + "/env") }
        var values: [String: String] = [:]
        for line in String(decoding: try Files.read(folder + "/env"), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = parts[1].filter { $0 != "'" } }
        }
        for pair in (values["SECURED_BROKERS"] ?? "").split(separator: " ") {
            let parts = pair.split(separator: "=")
            if parts.count == 2 { values["kafka." + parts[0]] = String(parts[1]) }
        }
        self.values = values
    }

    /// "sasl", "certificate", "expired", "strange": the address of a listener.
    public func kafka(_ listener: String) -> String { values["kafka.\(listener)"] ?? "127.0.0.1:1" }
    public var plainKafka: String { values["KAFKA_BROKERS"] ?? "127.0.0.1:1" }
    public var kafkaHome: String { values["KAFKA_HOME"] ?? "" }

    /// A file of the certificates: "ca.pem", "client-both.pem".
    public func file(_ name: String) -> String { "\(folder)/certificates/\(name)" }

    private var mongoAddress: String {
        (values["MONGODB_URI"] ?? "").split(separator: "/").dropFirst().first.map(String.init) ?? "127.0.0.1:1"
    }

    /// `login`: "name:password@" or nothing; `options` behind those that TLS needs.
    public func mongodb(_ login: String, ca: String = "ca.pem", _ options: String) -> String {
        "mongodb://\(login)\(mongoAddress)/?replicaSet=clickd&tls=true&tlsCAFile=\(file(ca))&\(options)"
    }

    public var administrator: String { mongodb("admin:admin-password@", "authSource=admin") }

    /// [kafka.client] for TLS and a password.
    public func login(_ mechanism: String, password: String = SecuredServers.password, ca: String = "ca.pem") -> String
    {
        """
        [kafka.client]
        "security.protocol" = "SASL_SSL"
        "sasl.mechanism" = "\(mechanism)"
        "sasl.username" = "\(SecuredServers.user)"
        "sasl.password" = "\(password)"
        "ssl.ca.location" = "\(file(ca))"
        """
    }

    /// For programs with Debian 12's librdkafka, which cannot do SCRAM with Kafka 4: the one of the Python package that
    /// scripts/requirements-test.txt pins, by LD_LIBRARY_PATH.
    public func newerLibrdkafka() throws -> [String: String] {
        let virtual = getenv("CLICKD_VENV").map { String(cString: $0) } ?? Command.root + "/.build/venv"
        let found = try Command.run(
            "/bin/sh", ["-c", "ls \(virtual)/lib/python3*/site-packages/confluent_kafka.libs/librdkafka-*.so.1"])
        let library = found.output.split(separator: "\n").first.map(String.init) ?? ""
        try #require(!library.isEmpty, "scripts/install-deps test: \(found.errors)")
        let place = folder + "/lib"
        try Files.makeFolder(place, mode: 0o755)
        _ = symlink(library, place + "/librdkafka.so.1")
        return ["LD_LIBRARY_PATH": place]
    }
}
