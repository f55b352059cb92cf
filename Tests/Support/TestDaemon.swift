// A clickd of one test's own: its folder, sockets, topic and database, started, killed and started again.
import JSON
import Kafka
import Linux
import Mongo
import Testing

public final class TestDaemon {
    public enum Mode: Sendable, CaseIterable { case kafka, direct }

    /// A MongoDB that never answers.
    public static let nowhere = "mongodb://127.0.0.1:1"

    public let folder: TemporaryFolder
    public let database: String
    public let topic: String
    public let mode: Mode
    private let extra: String
    private let roles: [String]
    public private(set) var process: Process?
    public let udpPort: Int
    /// Of /metrics, where one was asked for.
    public let metricsPort: Int?
    private let kafka: String
    private let mongodb: String

    /// `extra`: lines of TOML put behind; a section that stands already is joined by dotted keys at the top instead.
    public init(
        mode: Mode = .kafka, roles: [String] = ["intake", "forwarder", "consumer"], kafka: String? = nil,
        mongodb: String? = nil, intake: String = "", outbox: String = "", extra: String = "", metrics: Bool = false,
        outboxPath: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        let id = Files.randomHex(bytes: 5)
        database = "test_\(id)"
        topic = "test_\(id)"
        self.mode = mode
        self.roles = roles
        self.kafka = kafka ?? Servers.kafka ?? "127.0.0.1:1"
        self.mongodb = mongodb ?? Servers.mongodb ?? TestDaemon.nowhere
        self.extra = extra
        self.outboxPath = outboxPath ?? folder.path + "/outbox"
        metricsPort = metrics ? Ports.one() : nil
        udpPort = Ports.one()
        try write(intake: intake, outbox: outbox)
    }

    deinit {
        process?.signal(SIGKILL)
        process?.wait()
        if mongodb != TestDaemon.nowhere, Servers.mongodb != nil, let client = try? MongoClient.open(uri: mongodb) {
            try? client.drop(database: database)
        }
    }

    public var streamSocket: String { folder.path + "/s" }
    public var datagramSocket: String { folder.path + "/d" }
    public var configPath: String { folder.path + "/clickd.toml" }
    public let outboxPath: String

    public func write(intake: String = "", outbox: String = "", minFree: String = "\"16 MiB\"") throws {
        let text = """
            [intake]
            stream_socket = "\(streamSocket)"
            datagram_socket = "\(datagramSocket)"
            udp = "127.0.0.1:\(udpPort)"
            \(intake)
            [outbox]
            path = "\(outboxPath)"
            min_free_bytes = \(minFree)
            \(outbox)
            [pipeline]
            mode = "\(mode == .kafka ? "kafka" : "direct")"
            roles = [\(roles.map { "\"\($0)\"" }.joined(separator: ", "))]
            [kafka]
            brokers = "\(kafka)"
            topic = "\(topic)"
            group = "\(topic)"
            create_topic = true
            partitions = 3
            replication = 1
            [mongodb]
            uri = "\(mongodb)"
            database = "\(database)"
            [control]
            socket = "\(folder.path)/c"
            [metrics]
            listen = "\(metricsPort.map { "127.0.0.1:\($0)" } ?? "")"
            [log]
            level = "debug"
            \(extra)
            """
        try Files.replace(configPath, with: Array(text.utf8), mode: 0o644)
    }

    /// Starts it and waits until it answers, unless told not to.
    @discardableResult
    public func start(environment: [String: String] = [:], waits: Bool = true) throws -> Process {
        let process = try Process.start(Command.clickd, ["run", "--config", configPath], environment: environment)
        self.process = process
        guard waits else { return process }
        eventually(within: 15, "the daemon answers: \(process.errors)") { status() != nil }
        return process
    }

    /// kill -9, and waits for the end.
    public func kill() {
        process?.signal(SIGKILL)
        process?.wait()
        process = nil
    }

    /// SIGTERM; the exit status, or nil when it did not end within `seconds`.
    public func stop(within seconds: Double = 60) -> Int32? {
        process?.signal(SIGTERM)
        return process?.wait(seconds: seconds)
    }

    public func run(_ arguments: [String], input: [UInt8] = []) throws -> Command {
        try Command.run(Command.clickd, arguments + ["--config", configPath], input: input)
    }

    /// The daemon's status, or nil when none answers.
    public func status() -> TestStatus? {
        guard let connection = try? LocalSocket.connect(path: folder.path + "/c") else { return nil }
        _ = Files.writeAll(connection.raw, Array("{\"command\":\"status\"}\n".utf8))
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(connection.raw, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return TestStatus(json: bytes)
    }

    /// What its metrics listener says; nil when nothing answers.
    public func get(_ path: String) -> HTTPAnswer? {
        metricsPort.flatMap { try? HTTPClient(port: $0, seconds: 5).request("GET", path) }
    }

    public func events() throws -> MongoCollection {
        try MongoClient.open(uri: mongodb).collection(database: database, "events")
    }

    public func collection(_ name: String) throws -> MongoCollection {
        try MongoClient.open(uri: mongodb).collection(database: database, name)
    }
}

/// `clickd status --json`, read: numbers by dotted path ("ledger.received"), texts likewise.
public struct TestStatus {
    public private(set) var numbers: [String: Double] = [:]
    public private(set) var texts: [String: String] = [:]
    public private(set) var reasons: [String] = []
    public let json: String

    public init?(json bytes: [UInt8]) {
        json = String(decoding: bytes, as: UTF8.self)
        guard !bytes.isEmpty, let parser = try? JSONParser.make(capacity: bytes.count, maxDepth: 8) else { return nil }
        var read = (numbers: [String: Double](), texts: [String: String](), reasons: [String]())
        func walk(_ tape: JSONTape, _ place: Int, _ front: String) {
            tape.members(of: place) { key, value in
                let path = front + String(decoding: key, as: UTF8.self)
                switch tape.kind(value) {
                case .object: walk(tape, value, path + ".")
                case .array:
                    tape.elements(of: value) {
                        if tape.kind($0) == .string {
                            read.reasons.append(String(decoding: tape.string($0), as: UTF8.self))
                        }
                    }
                case .integer: read.numbers[path] = Double(tape.integer(value))
                case .double: read.numbers[path] = tape.double(value)
                case .true: read.numbers[path] = 1
                case .false: read.numbers[path] = 0
                case .string: read.texts[path] = String(decoding: tape.string(value), as: UTF8.self)
                default: break
                }
            }
        }
        do { try parser.parse(copying: bytes) { walk($0, $0.top, "") } } catch { return nil }
        (numbers, texts, reasons) = read
    }

    public subscript(path: String) -> Int { Int(numbers[path] ?? -1) }

    public var state: String { texts["state"] ?? "" }

    private func ledger(_ name: String) -> Int { max(0, self["ledger." + name]) }
    public var rejected: Int {
        numbers.filter { $0.key.hasPrefix("ledger.rejected.") }.reduce(0) { $0 + Int($1.value) }
    }

    /// The three sums of the ledger.
    public var isBalanced: Bool {
        ledger("received") == ledger("stored") + rejected + ledger("pending")
            && ledger("stored") == ledger("outbox") + ledger("forwarded") + ledger("dead") + ledger("dropped")
                + ledger("lost")
            && ledger("consumed") == ledger("inserted") + ledger("duplicates") + ledger("consumer_dead")
                + ledger("consumer_pending")
    }
}
