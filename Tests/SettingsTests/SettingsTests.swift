import Linux
import Settings
import Testing

/// Loads `text` from a file of its own; nil settings mean mistakes, and the other way round.
func load(
    _ text: String, environment: [String: String] = [:], secrets: SecretScope = .daemon
) throws -> (settings: Settings?, mistakes: [Mistake]) {
    let path = try written(text)
    defer { unlink(path) }
    do throws(SettingsError) {
        return (try Settings.load(file: path, environment: environment, secrets: secrets), [])
    } catch {
        return (nil, error.mistakes)
    }
}

/// The path of a file of this project.
func projectPath(_ name: String) -> String {
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + name
}

/// A temporary file with this text.
func written(_ text: String) throws -> String {
    let path = "/tmp/clickd-settings-\(UInt64.random(in: 0...UInt64.max))"
    let file = clickd_open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    let bytes = [UInt8](text.utf8)
    try #require(bytes.isEmpty || write(file, bytes, bytes.count) == bytes.count)
    return path
}

@Suite("The configuration as an operator writes it") struct SettingsTests {
    @Test("every key has the default that the interface names")
    func defaults() {
        let s = Settings()
        #expect(!s.host.name.isEmpty)
        #expect(s.intake.streamSocket == "/run/clickd/clickd.sock")
        #expect(s.intake.datagramSocket == "/run/clickd/clickd.dgram")
        #expect(s.intake.udp?.description == "127.0.0.1:7780")
        #expect(s.intake.udpAllow.isEmpty && s.intake.allowUsers.isEmpty)
        #expect(s.intake.socketMode == 0o660 && s.intake.socketGroup == nil)
        #expect(s.intake.maxEventBytes == 65536 && s.intake.maxConnections == 1024 && s.intake.whenFull == .wait)
        #expect(s.outbox.path == "/var/lib/clickd/outbox")
        #expect(s.outbox.maxBytes == 4_294_967_296 && s.outbox.minFreeBytes == 268_435_456)
        #expect(s.pipeline.mode == .kafka && s.pipeline.roles == [.intake, .forwarder, .consumer])
        #expect(s.kafka.brokers == "localhost:9092" && s.kafka.topic == "customer_click_data")
        #expect(s.kafka.group == "clickd" && !s.kafka.createTopic)
        #expect(s.kafka.partitions == 6 && s.kafka.replication == 3)
        #expect(s.kafka.client.isEmpty && s.kafka.producer.isEmpty && s.kafka.consumer.isEmpty)
        #expect(s.mongodb.uri.revealed == "mongodb://localhost:27017" && s.mongodb.uriFile == nil)
        #expect(s.mongodb.database == "clickd" && s.mongodb.collection == "events" && s.mongodb.retain == nil)
        #expect(s.control.socket == "/run/clickd/control.sock")
        #expect(s.control.socketMode == 0o660 && s.control.socketGroup == nil)
        #expect(s.metrics.listen == nil && s.log.level == .info)
        #expect(s.web.listen.description == "127.0.0.1:8080" && s.web.readListen.description == "127.0.0.1:8081")
        #expect(s.web.timezone == "UTC" && s.web.writeKeys.isEmpty && s.web.allowOrigins.isEmpty)
        #expect(s.web.readUser == nil && s.web.readPasswordFile == nil && s.web.readPassword == nil)
        #expect(!s.web.trustProxy && s.web.anonymizeIP && s.web.respectGPC)
    }

    @Test("the shipped file is the defaults and names every key; so does the reference")
    func shipped() throws {
        let path = projectPath("etc/clickd.toml")
        #expect(try Settings.load(file: path, environment: [:]) == Settings())
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        var section = ""
        var named: Set<String> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("[") { section = String(line.dropFirst().dropLast()) }
            named.insert(section)
            let bare = line.hasPrefix("# ") ? line.dropFirst(2) : line
            if let equals = bare.firstIndex(of: "=") {
                named.insert("\(section).\(bare[..<equals].split(separator: " ").joined())")
            }
        }
        for key in Settings.keyNames {
            #expect(named.contains(key), "\(key)")
        }
        #expect(Settings.keyNames.count == 47)
    }

    @Test("the shipped file marks just the keys that need a restart")
    func restarts() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = String(decoding: try Files.read("/\(root)/etc/clickd.toml"), as: UTF8.self)
        var section = ""
        var isMarked = false
        var marked: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("[") { section = String(line.dropFirst().dropLast()) }
            if isMarked, let name = line.split(separator: " ").first { marked.insert("\(section).\(name)") }
            isMarked = line.hasPrefix("#") && line.hasSuffix("(restart)")
        }
        #expect(marked == Set(Settings.restartNames))
    }

    @Test("docs/configuration.md is what the code says: `make configuration` writes it")
    func reference() throws {
        let written = String(decoding: try Files.read(projectPath("docs/configuration.md")), as: UTF8.self)
        #expect(written == Settings.reference)
    }

    @Test("no configuration at all is the defaults; a file that was named must be there")
    func missing() throws {
        #expect(try load("").settings == Settings())
        #expect(throws: SettingsError.self) { try Settings.load(file: "/nowhere/clickd.toml", environment: [:]) }
        #expect(throws: SettingsError.self) { try Settings.load(file: "/tmp", environment: [:]) }
    }

    @Test(
        "every unit of size is understood",
        arguments: [
            ("65536", 65536), ("\"65536\"", 65536), ("\"65536 B\"", 65536), ("\"64 KB\"", 64000),
            ("\"64KiB\"", 65536),
        ])
    func sizes(_ text: String, _ bytes: Int) throws {
        #expect(try load("intake.max_event_bytes = \(text)").settings?.intake.maxEventBytes == bytes)
    }

    @Test(
        "megabytes and gigabytes too",
        arguments: [
            ("8 MB", 8_000_000), ("8 MiB", 8 << 20), ("3 GB", 3_000_000_000), ("3 GiB", 3 << 30),
        ])
    func largeSizes(_ text: String, _ bytes: Int) throws {
        #expect(try load("outbox.max_bytes = \"\(text)\"").settings?.outbox.maxBytes == bytes)
    }

    @Test(
        "every unit of time is understood",
        arguments: [
            ("86400000 ms", 1), ("86400s", 1), ("1440 min", 1), ("48 h", 2), ("400 days", 400), ("1 day", 1),
        ])
    func times(_ text: String, _ days: Int) throws {
        #expect(try load("mongodb.retain = \"\(text)\"").settings?.mongodb.retain == .seconds(days * 86400))
    }

    @Test("librdkafka's properties keep their order; nested tables are joined with dots; values turn to text")
    func properties() throws {
        let secret = try written("hunter2\n")
        defer { unlink(secret) }
        let text = """
            [kafka.client]
            "security.protocol" = "SASL_SSL"
            sasl.mechanism = "PLAIN"
            "sasl.password_file" = "\(secret)"
            [kafka.producer]
            linger.ms = 0.5
            [kafka.consumer]
            "fetch.wait.max.ms" = 100
            "check.crcs" = true
            """
        let kafka = try #require(try load(text).settings?.kafka)
        #expect(kafka.client.map(\.name) == ["security.protocol", "sasl.mechanism", "sasl.password"])
        #expect(kafka.client.map(\.value) == ["SASL_SSL", "PLAIN", "hunter2"])
        #expect(kafka.producer == [KafkaProperty(name: "linger.ms", value: "0.5")])
        #expect(kafka.consumer.map(\.value) == ["100", "true"])
        var dumped = ""
        dump(kafka, to: &dumped)
        #expect(!dumped.contains("hunter2") && !"\(kafka)".contains("hunter2"))
    }

    @Test("who only needs a key is not hindered by mistakes elsewhere, nor by secrets that it may not read")
    func part() throws {
        func part(_ text: String, _ environment: [String: String] = [:]) throws -> (String?, [String]) {
            let path = try written(text)
            defer { unlink(path) }
            do throws(SettingsError) {
                let (settings, ignored) = try Settings.load(
                    only: ["control.socket"], file: path, environment: environment)
                return (settings.control.socket, ignored.map(\.key))
            } catch {
                return (nil, error.mistakes.map(\.key))
            }
        }
        let here = "[control]\nsocket = \"/here\"\n"
        #expect(try part(here) == ("/here", []))
        #expect(try part(here + "[mongodb]\nuri_file = \"/nowhere\"\n") == ("/here", []))
        #expect(try part(here + "[kafka.client]\n\"sasl.password_file\" = \"/nowhere\"\n") == ("/here", []))
        #expect(
            try part(here + "x = 1\n[intake]\nmax_connections = \"many\"\n")
                == ("/here", ["control.x", "intake.max_connections"]))
        #expect(try part("x = 1\n", ["CLICKD_CONTROL_SOCKET": "/there"]) == ("/there", ["x"]))
        #expect(try part("[control]\nsocket = 5\n") == (nil, ["control.socket"]))
        #expect(try part("control = 5\n") == (nil, ["control"]))
        #expect(try part("[control\n") == (nil, [""]), "a file that was named")
    }

    @Test("secrets come from files, only where the program asks for its own, and are never printed")
    func secrets() throws {
        let uri = try written("mongodb://u:hunter2@db/\n")
        defer { unlink(uri) }
        let text = "[mongodb]\nuri_file = \"\(uri)\"\n[web]\nread_user = \"me\"\nread_password_file = \"/nowhere\""
        let settings = try #require(try load(text).settings)
        #expect(settings.mongodb.uri.revealed == "mongodb://u:hunter2@db/")
        #expect(settings.web.readPassword == nil)
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("hunter2") && !"\(settings)".contains("hunter2") && "\(settings)".contains("(secret)"))
        let mistakes = try load(text, secrets: .web).mistakes
        #expect(mistakes.map(\.line) == [5])
        #expect(mistakes.first?.text.contains("/nowhere cannot be read: No such file or directory") == true)
    }

    @Test("addresses, ranges, users and groups are resolved when loaded")
    func resolved() throws {
        let text = """
            [intake]
            udp = "[::]:7780"
            udp_allow = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"]
            allow_users = ["root", 1234, "5"]
            socket_group = "root"
            socket_mode = "0600"
            """
        let intake = try #require(try load(text).settings?.intake)
        #expect(intake.allowUsers == [0, 1234, 5] && intake.socketGroup == 0 && intake.socketMode == 0o600)
        #expect(intake.udp?.isLoopback == false && intake.udp?.isWildcard == true)
        let mapped: ([UInt8]) -> [UInt8] = { [UInt8](repeating: 0, count: 10) + [255, 255] + $0 }
        #expect(intake.udpAllow[0].contains(mapped([10, 200, 1, 1])))
        #expect(!intake.udpAllow[0].contains(mapped([11, 0, 0, 0])))
        #expect(intake.udpAllow[1].contains([0xFD, 1] + [UInt8](repeating: 9, count: 14)))
        #expect(!intake.udpAllow[1].contains([0xFC, 1] + [UInt8](repeating: 9, count: 14)))
        #expect(intake.udpAllow[2].contains(mapped([192, 0, 2, 7])))
        #expect(!intake.udpAllow[2].contains(mapped([192, 0, 2, 6])))
        #expect(!intake.udpAllow[0].contains([10, 0, 0, 1]))
        #expect(AddressRange("0.0.0.0/0")?.contains(mapped([1, 2, 3, 4])) == true)
        #expect(AddressRange("::/0")?.contains([UInt8](repeating: 7, count: 16)) == true)
        #expect(AddressRange("10.1.0.0/15") == nil && AddressRange("10.0.0.0/33") == nil && AddressRange("x/8") == nil)
    }
}
