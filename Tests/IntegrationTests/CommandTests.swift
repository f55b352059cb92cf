// The operator's commands through the shipped binary: their words, numbers and exit statuses.
import JSON
import Linux
import TestSupport
import Testing

/// Every name that docs/operations.md promises in `status --json`.
private let statusNames: [String] =
    ["version", "host", "state", "reasons", "since"]
    + [
        "received", "stored", "rejected", "rejected.not_json", "pending", "outbox", "forwarded", "dead", "dropped",
        "lost", "consumed", "inserted", "duplicates", "consumer_dead", "consumer_pending", "skipped", "datagrams_lost",
    ].map { "ledger." + $0 }
    + [
        "events", "bytes", "max_bytes", "file_bytes", "wal_bytes", "oldest_seconds", "commits", "commit_p99_ms",
    ].map { "outbox." + $0 }
    + ["kafka.up", "kafka.in_flight", "kafka.error", "mongodb.up", "mongodb.error", "consumer.lag"]
    + ["rates.received", "rates.forwarded", "rates.inserted"]

/// The dotted paths of a JSON object, and what stands there.
private func paths(_ json: String) throws -> [String: JSONKind] {
    let bytes = Array(json.utf8)
    var found: [String: JSONKind] = [:]
    func walk(_ tape: JSONTape, _ place: Int, _ front: String) {
        tape.members(of: place) { key, value in
            let path = front + String(decoding: key, as: UTF8.self)
            found[path] = tape.kind(value)
            if tape.kind(value) == .object { walk(tape, value, path + ".") }
        }
    }
    try JSONParser.make(capacity: bytes.count, maxDepth: 8).parse(copying: bytes) { walk($0, $0.top, "") }
    return found
}

private let commands = ["run", "status", "send", "check-config", "tail", "demo"]

/// What docs/operations.md promises each of them takes.
private let optionsOf = [
    "run": [], "status": ["--json", "--watch"], "send": ["--ack", "--socket PATH", "--wait SECONDS"],
    "check-config": ["--probe", "--reference"], "tail": ["--count N"],
    "demo": [
        "--seconds N", "--rate N", "--history DAYS", "--events N", "--no-live", "--print", "--seed N",
    ],
]

@Suite("Commands: usage", .waiting) struct UsageTests {
    @Test("--help of every command exits 0 and names its options", arguments: commands)
    func help(command: String) throws {
        let result = try Command.run(Command.clickd, [command, "--help"])
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("usage: clickd \(command)"))
        for option in try #require(optionsOf[command]) + ["--config FILE", "--help"] {
            #expect(result.output.contains("\n  \(option) "), "\(option)")
        }
        #expect(result.errors.isEmpty)
        #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test("clickd --help names every command; every command it names has its help")
    func overview() throws {
        let result = try Command.run(Command.clickd, ["--help"])
        #expect(result.status == 0)
        let named = result.output.split(separator: "\n").filter { $0.hasPrefix("  clickd ") }
            .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }.filter { !$0.hasPrefix("-") }
        #expect(Set(commands).isSubset(of: named))
        for command in named {
            #expect(try Command.run(Command.clickd, [command, "--help"]).status == 0, "\(command)")
        }
    }

    @Test("--version names program and version")
    func version() throws {
        let result = try Command.run(Command.clickd, ["--version"])
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("clickd ") && result.output.split(separator: "\n").count == 1)
    }

    @Test(
        "what is wrong on the command line is said, exit 2",
        arguments: [
            ([], "usage:"), (["no-such-command"], "no command \"no-such-command\""),
            (["status", "--no-such-option"], "--no-such-option"),
            (["status", "operand"], "status takes no \"operand\""),
            (["run", "--config"], "--config"), (["send", "a", "b"], "send takes no \"b\""),
            (["tail", "--count", "0"], "at least 1, not \"0\""), (["tail", "--count", "x"], "at least 1, not \"x\""),
            (["status", "--json=yes"], "--json"), (["--no-such-option"], "no command \"--no-such-option\""),
        ] as [([String], String)])
    func wrong(arguments: [String], said: String) throws {
        let folder = try TemporaryFolder()
        try Files.replace(folder.path + "/c.toml", with: [])
        let takesConfig = (arguments.first.map { commands.contains($0) } ?? false) && arguments.last != "--config"
        let result = try Command.run(
            Command.clickd, arguments + (takesConfig ? ["--config", folder.path + "/c.toml"] : []))
        #expect(result.status == 2, "\(result.output)\(result.errors)")
        #expect(result.errors.contains(said), "\(result.errors)")
        #expect(result.output.isEmpty)
    }
}

@Suite("Commands: status", .waiting) struct StatusTests {
    @Test("without a daemon it says so, exit 4")
    func noDaemon() throws {
        let daemon = try TestDaemon()
        for arguments in [["status"], ["status", "--json"]] {
            let result = try daemon.run(arguments)
            #expect(result.status == 4)
            #expect(result.errors.contains(daemon.folder.path + "/c"))
            #expect(result.output.isEmpty)
        }
        #expect(try daemon.run(["tail"]).status == 1)
    }

    @Test("JSON has every promised name, and a number or null for parts that run")
    func json() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        try daemon.start()
        let result = try daemon.run(["status", "--json"])
        #expect(result.output.last == "\n" && result.output.split(separator: "\n").count == 1)
        let found = try paths(result.output)
        for name in statusNames {
            let kind = try #require(found[name], "\(name)")
            let right: [JSONKind] =
                switch name {
                case "version", "host", "state", "since": [.string]
                case "reasons": [.array]
                case "ledger.rejected": [.object]
                case "kafka.up", "mongodb.up": [.true, .false]
                case "kafka.error", "mongodb.error": [.string, .null]
                default: [.integer, .double]
                }
            #expect(right.contains(kind), "\(name) is \(kind)")
        }
        for code in ["not_json", "not_object", "not_utf8", "too_large", "too_deep", "bad_number", "bad_field", "full"] {
            #expect(found["ledger.rejected." + code] == .integer)
        }
    }

    @Test("parts that this process does not run are null", arguments: [TestDaemon.Mode.kafka, .direct])
    func parts(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(
            mode: mode, roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        try daemon.start()
        let found = try paths(daemon.run(["status", "--json"]).output)
        #expect(found["consumer"] == .null)
        #expect(found["kafka"] == (mode == .kafka ? .object : .null))
        #expect(found["mongodb"] == (mode == .kafka ? .null : .object))
        #expect(found["outbox"] == .object)
    }

    @Test("degraded is exit 3 with reasons; the text fits 80 columns and has the numbers")
    func degraded() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        let bad = [
            "x", "[]", #"{"event":1e400}"#, #"{"event":1}"#, repeatedBrackets, String(repeating: "x", count: 70_000),
        ]
        client.send((0..<12_345).map { event("\($0)") + "\n" }.joined())
        client.send(bad.joined(separator: "\n") + "\n" + "\u{1}\n")
        client.send(Array("{\"event\":\"".utf8) + [0xFF] + Array("\"}\n".utf8))
        _ = client.answers(upTo: 12_345 + bad.count + 2)
        eventually(within: 20, "degraded") { daemon.status()?.state == "degraded" }
        eventually(within: 5, "all are counted") { daemon.status()?["ledger.received"] == 12_345 + bad.count + 2 }
        let result = try daemon.run(["status"])
        #expect(result.status == 3)
        #expect(try daemon.run(["status", "--json"]).status == 3)
        #expect(result.output.contains("degraded"))
        #expect(result.output.contains("kafka"))
        #expect(result.output.contains("12,345") || result.output.contains("12 345"), "\(result.output)")
        // Lines may end between a code and its number.
        let words = result.output.split { $0.isWhitespace }.joined(separator: " ")
        for code in [
            "not_json 2", "not_object 1", "not_utf8 1", "too_large 1", "too_deep 1", "bad_field 1", "bad_number 1",
        ] { #expect(words.contains(code), "\(code): \(result.output)") }
        #expect(!result.output.contains("\u{1B}"), "no colours but on a terminal")
        for line in result.output.split(separator: "\n") { #expect(line.count <= 80, "\(line.count): \(line)") }
    }

    private var repeatedBrackets: String {
        #"{"event":"e","a":\#(String(repeating: "[", count: 100))\#(String(repeating: "]", count: 100))}"#
    }

    @Test("running is exit 0", .enabled(if: Servers.areThere))
    func running() throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        eventually(within: 20, "running: \(daemon.status()?.json ?? "")") { daemon.status()?.state == "running" }
        #expect(try daemon.run(["status"]).status == 0)
    }
}

@Suite("Commands: send and tail", .waiting) struct SendTests {
    @Test("send --ack stores every line of a file or of standard input, exit 0")
    func acknowledged() throws {
        let daemon = try lonelyDaemon()
        let lines = Array((0..<3000).map { event("s\($0)") + "\n" }.joined().utf8)
        try Files.replace(daemon.folder.path + "/events", with: lines)
        let fromFile = try daemon.run(["send", daemon.folder.path + "/events", "--ack"])
        #expect(fromFile.status == 0, "\(fromFile.errors)")
        daemon.eventuallyStored(3000)
        let fromInput = try daemon.run(
            ["send", "--ack"], input: lines + Array("\n \r\n".utf8) + Array(event("last").utf8))
        #expect(fromInput.status == 0, "\(fromInput.errors)")
        daemon.hasBalance(received: 6001, rejected: 0)
    }

    @Test("send without --ack hands the lines over; --socket names another socket")
    func plain() throws {
        let daemon = try lonelyDaemon()
        let result = try daemon.run(
            ["send", "--socket", daemon.streamSocket], input: Array("\(event("a"))\nbad\n\(event("b"))\n".utf8))
        #expect(result.status == 0, "\(result.errors)")
        daemon.hasBalance(received: 3, rejected: 1)
        #expect(try daemon.run(["send", "--socket", daemon.folder.path + "/none"], input: [0x0A]).status == 1)
    }

    @Test("a refusal is told with its code, and exits 1; the others are stored")
    func refused() throws {
        let daemon = try lonelyDaemon()
        let result = try daemon.run(
            ["send", "--ack"], input: Array("\(event("a"))\n{\"event\":\"\"}\n\(event("b"))\n".utf8))
        #expect(result.status == 1)
        #expect(result.errors.contains("bad_field"))
        daemon.hasBalance(received: 3, rejected: 1)
    }

    @Test("lines without a messageId get one each, others keep theirs", arguments: [["--ack"], []])
    func identified(options: [String]) throws {
        let daemon = try lonelyDaemon()
        let tail = try Tail(daemon)
        let input = #"{"event":"plain"}"# + "\n  { \"event\" : \"plain\" }\n" + event("mine", #","x":"plain""#) + "\n"
        #expect(try daemon.run(["send"] + options, input: Array(input.utf8)).status == 0)
        let lines = tail.lines(3, with: "plain")
        // Ids of clickd's own would stand in front of receivedAt.
        #expect(lines.allSatisfy { $0.hasPrefix("{\"receivedAt\"") })
        let ids = lines.compactMap { line in
            line.firstRange(of: "\"messageId\":\"").map { line[$0.upperBound...].prefix { $0 != "\"" } }
        }
        #expect(Set(ids).count == 3)
        #expect(ids.last == "mine")
    }

    @Test("send --ack gives up when no daemon comes, exit 1; a file that is not there, too")
    func away() throws {
        let daemon = try TestDaemon()
        #expect(try daemon.run(["send", "--ack", "--wait", "1"], input: Array((event("a") + "\n").utf8)).status == 1)
        let missing = try daemon.run(["send", "/nowhere/events", "--ack"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("/nowhere/events"))
    }

    @Test("send --ack survives a daemon that is killed and started again")
    func restart() throws {
        let daemon = try lonelyDaemon()
        let count = 200_000
        try Files.replace(
            daemon.folder.path + "/events", with: Array((0..<count).map { event("k\($0)") + "\n" }.joined().utf8))
        let sender = try Process.start(
            Command.clickd, ["send", daemon.folder.path + "/events", "--ack", "--config", daemon.configPath])
        eventually(within: 20, "some are stored") { (daemon.status()?["ledger.stored"] ?? 0) > 0 }
        daemon.kill()
        try daemon.start()
        #expect(sender.wait(seconds: 60) == 0, "\(sender.errors)")
        eventually(within: 10, "as many are there") { (daemon.status()?["ledger.stored"] ?? 0) >= count }
        #expect(daemon.status()?.isBalanced == true)
        // What was repeated would make up for what is missing.
        #expect(daemon.stop() == 0)
        let stored = Set(
            try daemon.run(["outbox", "export"]).output.split(separator: "\n").compactMap { Sample.id(of: $0.utf8) })
        let missing = (0..<count).count { !stored.contains("k\($0)") }
        #expect(missing == 0)
    }

    @Test("tail --count ends after so many events, exit 0")
    func tailCount() throws {
        let daemon = try lonelyDaemon()
        let tail = try Process.start(Command.clickd, ["tail", "--count", "3", "--config", daemon.configPath])
        let client = try StreamClient(daemon.streamSocket)
        eventually(within: 10, "tail ends") {
            client.send(event("t") + "\n")
            return tail.wait(seconds: 0.05) != nil
        }
        #expect(tail.wait() == 0)
        #expect(tail.outputBytes.split(separator: 0x0A).count == 3)
    }
}
