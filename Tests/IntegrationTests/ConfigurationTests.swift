// What an operator can write wrong, through the shipped binary: one clear sentence, exit 2, and nothing else happened.
import Linux
import TestSupport
import Testing

struct WrongConfiguration: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int?
    let key: String
    var environment: [String: String] = [:]

    init(_ text: String, _ line: Int?, _ key: String, environment: [String: String] = [:]) {
        (self.text, self.line, self.key, self.environment) = (text, line, key, environment)
    }

    var testDescription: String { environment.first.map { "\($0.key)=\($0.value)" } ?? String(text.suffix(50)) }
}

private let wrongs: [WrongConfiguration] = [
    // Names.
    .init("[intake]\nstream_sock = \"/run/x\"", 2, "stream_sock"), .init("\n[intakes]\nudp = \"\"", 2, "intakes"),
    .init("udp = \"\"", 1, "udp"), .init("[log]\nmax_bytes = 1", 2, "max_bytes"),
    // Types.
    .init("[intake]\nmax_connections = \"8\"", 2, "intake.max_connections"),
    .init("[intake]\nstream_socket = 5", 2, "intake.stream_socket"),
    .init("[kafka]\ncreate_topic = 1", 2, "kafka.create_topic"),
    .init("[outbox]\nmax_bytes = 1.5", 2, "outbox.max_bytes"),
    .init("[pipeline]\nroles = \"intake\"", 2, "pipeline.roles"), .init("kafka = 1", 1, "kafka"),
    .init("[mongodb]\ndatabase = 2026-01-01", 2, "mongodb.database"),
    // Bounds, sizes, times.
    .init("[intake]\nmax_connections = 0", 2, "intake.max_connections"),
    .init("[intake]\nmax_event_bytes = \"1 GiB\"", 2, "intake.max_event_bytes"),
    .init("[intake]\nmax_event_bytes = \"64 Kib\"", 2, "intake.max_event_bytes"),
    .init("[outbox]\nmax_bytes = \"four GiB\"", 2, "outbox.max_bytes"),
    .init("[outbox]\n# a word\nmin_free_bytes = -1", 3, "outbox.min_free_bytes"),
    .init("[mongodb]\nretain = \"a while\"", 2, "mongodb.retain"),
    .init("[mongodb]\nretain = \"1s\"", 2, "mongodb.retain"),
    .init("[kafka]\ncreate_topic = true\npartitions = 0", 3, "kafka.partitions"),
    // Values.
    .init("[pipeline]\nmode = \"strait\"", 2, "pipeline.mode"), .init("[log]\nlevel = \"loud\"", 2, "log.level"),
    .init("[intake]\nudp = \"localhost\"", 2, "intake.udp"),
    .init("[intake]\nsocket_mode = \"rw\"", 2, "intake.socket_mode"),
    .init("[intake]\nallow_users = [\"nobody-at-all\"]", 2, "intake.allow_users"),
    .init("[intake]\nsocket_group = \"no-such-group\"", 2, "intake.socket_group"),
    .init("[intake]\nstream_socket = \"relative\"", 2, "intake.stream_socket"),
    .init("[kafka]\ntopic = \"a b\"", 2, "kafka.topic"), .init("[mongodb]\nuri = \"http://x\"", 2, "mongodb.uri"),
    .init("[mongodb]\nuri_file = \"/nowhere/uri\"", 2, "mongodb.uri_file"),
    // Conflicts.
    .init("[intake]\nudp = \"0.0.0.0:7780\"", 2, "intake.udp_allow"),
    .init("[pipeline]\nroles = [\"intake\"]", 2, "pipeline.roles"),
    .init("[web]\nread_user = \"me\"", 2, "web.read_password_file"),
    .init("[control]\nsocket = \"/run/clickd/clickd.dgram\"", 2, "control.socket"),
    .init("[kafka]\nreplication = 1", 2, "kafka.replication"),
    // What clickd fixes, and what librdkafka does not know.
    .init("[kafka.producer]\nacks = 0", 2, "acks"),
    .init("[kafka.consumer]\n\"auto.offset.reset\" = \"latest\"", 2, "auto.offset.reset"),
    .init("[kafka.client]\n\"no.such.property\" = 1", 2, "no.such.property"),
    .init("[kafka.producer]\n\"linger.ms\" = \"soon\"", 2, "linger.ms"),
    // TOML.
    .init("[intake\n", 1, "TOML"), .init("[log]\nlevel = \"info\"\nlevel = \"info\"", 3, "TOML"),
    .init("[log]\nlevel = info", 2, "TOML"),
    // The environment.
    .init("", nil, "CLICKD_INTAKE_SOCKET", environment: ["CLICKD_INTAKE_SOCKET": "/x"]),
    .init("", nil, "CLICKD_INTAKE_MAX_CONNECTIONS", environment: ["CLICKD_INTAKE_MAX_CONNECTIONS": "many"]),
    .init("", nil, "CLICKD_MONGODB_RETAIN", environment: ["CLICKD_MONGODB_RETAIN": "soon"]),
]

@Suite("Configuration: a mistake", .waiting) struct ConfigurationTests {
    /// Paths that are free of the file's mistakes: what a start would make must be seen missing.
    private func environment(_ folder: TemporaryFolder, _ wrong: WrongConfiguration) -> [String: String] {
        let places = ["CLICKD_OUTBOX_PATH": folder.path + "/state/outbox"]
        return places.merging(wrong.environment) { _, new in new }
    }

    private func finish(_ arguments: [String], _ environment: [String: String]) throws -> Process {
        let process = try Process.start(Command.clickd, arguments, environment: environment)
        if process.wait(seconds: 20) == nil {
            process.signal(SIGKILL)
            Issue.record("\(arguments) does not end: \(process.errors)")
        }
        return process
    }

    @Test(
        "is one sentence with file, line and key, exit 2, and nothing is made", arguments: wrongs,
        ["run", "check-config"])
    func refused(_ wrong: WrongConfiguration, command: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/clickd.toml"
        try Files.replace(file, with: Array((wrong.text + "\n").utf8))
        let process = try finish([command, "--config", file], environment(folder, wrong))
        #expect(process.wait() == 2)
        let lines = process.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(process.errors)")
        let sentence = String(lines.first ?? "")
        if let line = wrong.line { #expect(sentence.hasPrefix("\(file):\(line): "), "\(sentence)") }
        #expect(sentence.contains(wrong.key), "\(sentence)")
        #expect(sentence.utf8.count > file.utf8.count + 20)
        #expect(process.outputBytes.isEmpty)
        #expect(!Files.exists(folder.path + "/state"))
    }

    @Test("a configuration file that is not there is named, exit 2", arguments: ["run", "check-config", "status"])
    func missing(command: String) throws {
        let folder = try TemporaryFolder()
        let process = try finish(
            [command, "--config", folder.path + "/none.toml"], ["CLICKD_OUTBOX_PATH": folder.path + "/o"])
        #expect(process.wait() == 2)
        #expect(process.errors.hasPrefix(folder.path + "/none.toml: "), "\(process.errors)")
        #expect(!Files.exists(folder.path + "/o"))
    }

    @Test("a secret is in no message")
    func secret() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/clickd.toml"
        try Files.replace(
            file,
            with: Array(
                "[mongodb]\nuri = \"http://u:hunter2@x\"\n[kafka.client]\n\"sasl.passwort\" = \"hunter2\"\n".utf8))
        let process = try finish(["check-config", "--config", file], [:])
        #expect(process.wait() == 2)
        #expect(!process.errors.contains("hunter2"))
    }

    @Test("several are told at once, a line each, in the file's order")
    func several() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/clickd.toml"
        try Files.replace(file, with: Array("[log]\nlevel = 1\n[host]\nname = 2\n[zzz]\n".utf8))
        let process = try finish(["check-config", "--config", file], [:])
        #expect(process.wait() == 2)
        #expect(process.errors.split(separator: "\n").map { $0.hasPrefix(file + ":") } == [true, true, true])
    }

    @Test("the environment overrides the file, and other CLICKD_ names are left alone")
    func environmentWins() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/clickd.toml"
        try Files.replace(file, with: Array("[log]\nlevel = \"info\"\n".utf8))
        let process = try finish(
            ["check-config", "--config", file],
            ["CLICKD_LOG_LEVEL": "debug", "CLICKD_SOMETHING": "x", "CLICKD_PIPELINE_ROLES": "intake,forwarder"])
        #expect(process.wait() == 0, "\(process.errors)")
        // Whose value counts shows where it is used.
        try Files.replace(file, with: Array("[control]\nsocket = \"\(folder.path)/of-file\"\n".utf8))
        let asked = try finish(
            ["status", "--config", file], ["CLICKD_CONTROL_SOCKET": folder.path + "/of-environment"])
        #expect(asked.wait() == 4)
        #expect(asked.errors.contains(folder.path + "/of-environment"), "\(asked.errors)")
        #expect(!asked.errors.contains("of-file"), "\(asked.errors)")
    }
}

@Suite("Configuration: the probe", .waiting) struct ProbeTests {
    @Test("says why, within a minute, when Kafka and MongoDB are away, exit 1")
    func away() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        let begin = Monotonic.now
        let result = try daemon.run(["check-config", "--probe"])
        #expect(result.status == 1)
        #expect(Monotonic.seconds(from: begin, to: .now) < 60)
        let lines = result.output.split(separator: "\n")
        for part in ["kafka 127.0.0.1:1", "mongodb"] {
            let line = try #require(lines.first { $0.hasPrefix(part) })
            #expect(!line.hasSuffix(": in order"), "\(line)")
        }
        #expect(lines.first == "configuration: in order")
        #expect(lines.contains { $0.hasPrefix("outbox ") && $0.hasSuffix(": in order") })
    }

    @Test(
        "is content with servers that are there, but for the remark that one copy is no copy",
        .enabled(if: Servers.areThere))
    func there() throws {
        let daemon = try TestDaemon()
        let before = try daemon.run(["check-config", "--probe"])
        #expect(before.status == 0, "\(before.output)")
        #expect(before.output.split(separator: "\n").allSatisfy { $0.hasSuffix(": in order") })
        try daemon.start()
        eventually(within: 30, "the topic is made") {
            guard let result = try? daemon.run(["check-config", "--probe"]) else { return false }
            let line = result.output.split(separator: "\n").first { $0.hasPrefix("kafka ") } ?? ""
            return result.status == 1 && line.contains("replica")
        }
        let after = try daemon.run(["check-config", "--probe"])
        let others = after.output.split(separator: "\n").filter { !$0.hasPrefix("kafka ") }
        #expect(others.count > 2 && others.allSatisfy { $0.hasSuffix(": in order") }, "\(after.output)")
    }
}
