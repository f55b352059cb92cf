// From old settings to new: what is taken, what waits for a restart, and what is refused as a whole.
import Linux
import Settings
import Testing

@Suite("A reload") struct ChangeTests {
    /// Every key with a value other than its default, the rest as it has to be with it.
    private static let values: [(key: String, value: String)] = [
        ("host.name", "\"h\""), ("intake.stream_socket", "\"/a\""), ("intake.datagram_socket", "\"/b\""),
        ("intake.udp", "\"127.0.0.1:1\""), ("intake.udp_allow", "[\"10.0.0.0/8\"]"), ("intake.socket_mode", "\"0600\""),
        ("intake.socket_group", "\"0\""), ("intake.allow_users", "[\"0\"]"), ("intake.max_event_bytes", "2048"),
        ("intake.max_connections", "7"), ("intake.when_full", "\"refuse\""), ("outbox.path", "\"/o\""),
        ("outbox.max_bytes", "\"8 MiB\""), ("outbox.min_free_bytes", "1"), ("outbox.max_dead_bytes", "\"2 MiB\""),
        ("pipeline.mode", "\"direct\""), ("pipeline.roles", "[\"consumer\"]"), ("kafka.brokers", "\"b:1\""),
        ("kafka.topic", "\"t\""), ("kafka.group", "\"g\""), ("kafka.create_topic", "true"),
        ("kafka.partitions", "2\ncreate_topic = true"), ("kafka.replication", "2\ncreate_topic = true"),
        ("kafka.client", "{ \"client.id\" = \"x\" }"), ("kafka.producer", "{ \"linger.ms\" = 1 }"),
        ("kafka.consumer", "{ \"fetch.wait.max.ms\" = 1 }"), ("mongodb.uri", "\"mongodb://h\""),
        ("mongodb.database", "\"d\""), ("mongodb.collection", "\"c\""), ("mongodb.retain", "\"2 days\""),
        ("mongodb.max_dead_bytes", "\"2 MiB\""), ("control.socket", "\"/c\""), ("control.socket_mode", "\"0600\""),
        ("control.socket_group", "\"0\""), ("metrics.listen", "\"127.0.0.1:2\""), ("log.level", "\"debug\""),
        ("web.listen", "\"127.0.0.1:3\""), ("web.read_listen", "\"127.0.0.1:4\""),
        ("web.timezone", "\"Europe/Berlin\""),
        ("web.write_keys", "{ a = \"k\" }"), ("web.allow_origins", "[\"*\"]"), ("web.trust_proxy", "true"),
        ("web.anonymize_ip", "false"), ("web.respect_gpc", "false"),
    ]
    /// These read files.
    private static let secrets = ["mongodb.uri_file", "web.read_user", "web.read_password_file"]

    private func settings(_ text: String, _ secrets: SecretScope = .all) throws -> Settings {
        let read = try load(text, secrets: secrets)
        return try #require(read.settings, "\(text): \(read.mistakes)")
    }

    private func text(_ key: String, _ value: String) -> String {
        let parts = key.split(separator: ".", maxSplits: 1)
        return "[\(parts[0])]\n\(parts[1]) = \(value)\n"
    }

    private func taking(_ old: Settings, _ new: Settings, _ program: Program = .daemon) throws -> SettingsChange {
        try old.taking(new, for: program, file: "f")
    }

    @Test(
        "every key is known here, and a change of it alone is taken or needs a restart, as it says", arguments: values)
    func everyKey(key: String, value: String) throws {
        #expect(Set(Self.values.map(\.key) + Self.secrets) == Set(Settings.keyNames))
        let new = try settings(text(key, value))
        let program: Program = key.hasPrefix("web.") ? .web : .daemon
        let change = try taking(Settings(), new, program)
        let isRestart = Settings.restartNames.contains(key)
        #expect((isRestart ? change.needsRestart : change.taken).contains(key))
        #expect((isRestart ? change.needsRestart : change.taken).count <= 2)
        #expect((isRestart ? change.taken : change.needsRestart).isEmpty)
        #expect((change.settings == Settings()) == isRestart, "what needs a restart stays as it was")
        #expect(isRestart || change.settings == new)
        // And the other program's keys are none of its business, unless it reads them too.
        let other = try taking(Settings(), new, key.hasPrefix("web.") ? .daemon : .web)
        if key.hasPrefix("web.") { #expect(other.taken.isEmpty && other.needsRestart.isEmpty) }
        if key.hasPrefix("outbox.") { #expect(other.taken.isEmpty && other.needsRestart.isEmpty) }
        let same = try taking(new, new, program)
        #expect(same.taken.isEmpty && same.needsRestart.isEmpty && same.settings == new)
    }

    @Test("what a secret file holds counts as the key that names the file; the secret is never shown")
    func secretFiles() throws {
        let path = try written("mongodb://u:one@h\n")
        let password = try written("one\n")
        let text = """
            [mongodb]
            uri_file = "\(path)"
            [web]
            read_user = "r"
            read_password_file = "\(password)"
            """
        let old = try settings(text)
        #expect(try taking(Settings(), old).taken == ["mongodb.uri_file"])
        #expect(
            try taking(Settings(), old, .web).taken == ["mongodb.uri_file", "web.read_user", "web.read_password_file"])
        try overwrite(path, "mongodb://u:two@h\n")
        try overwrite(password, "two\n")
        let new = try settings(text)
        let change = try taking(old, new)
        #expect(change.taken == ["mongodb.uri_file"])
        #expect(change.settings.mongodb.uri.revealed == "mongodb://u:two@h")
        let web = try taking(old, new, .web)
        #expect(web.taken == ["mongodb.uri_file", "web.read_password_file"])
        #expect(web.settings.web.readPassword?.revealed == "two")
        #expect(!"\(change)\(web)".contains("two"))
    }

    private func overwrite(_ path: String, _ text: String) throws {
        let other = try written(text)
        try #require(rename(other, path) == 0)
    }

    @Test("what would be wrong beside a value that waits for a restart is refused as a whole")
    func contradiction() throws {
        let open = try settings(
            "[web]\nlisten = \"0.0.0.0:8080\"\nwrite_keys = { a = \"k\" }\n[intake]\nmax_connections = 5")
        let closed = try settings("[web]\nlisten = \"127.0.0.1:8080\"\n[intake]\nmax_connections = 6")
        // Without the key the old, open listener would take events from anybody.
        let error = #expect(throws: SettingsError.self) { try taking(open, closed, .web) }
        #expect(error?.mistakes.first?.text.contains("web.listen") == true)
        #expect(error?.mistakes.first?.text.contains("restart") == true)
    }
}
