import Linux
import Settings
import Testing

@Suite("The environment overrides the file") struct EnvironmentTests {
    @Test("scalars and comma lists override what the file says")
    func overrides() throws {
        let settings = try load(
            "[outbox]\nmax_bytes = \"1 GiB\"\n[mongodb]\nuri = \"mongodb://a\"",
            environment: [
                "CLICKD_INTAKE_STREAM_SOCKET": "/tmp/x.sock", "CLICKD_OUTBOX_MAX_BYTES": "16 MiB",
                "CLICKD_INTAKE_MAX_CONNECTIONS": "7", "CLICKD_WEB_TRUST_PROXY": "true", "CLICKD_LOG_LEVEL": "debug",
                "CLICKD_PIPELINE_ROLES": "intake, forwarder", "CLICKD_INTAKE_UDP": "",
                "CLICKD_INTAKE_ALLOW_USERS": "root,12", "CLICKD_MONGODB_URI": "mongodb://b",
            ]
        ).settings
        #expect(settings?.intake.streamSocket == "/tmp/x.sock" && settings?.outbox.maxBytes == 16 << 20)
        #expect(settings?.intake.maxConnections == 7 && settings?.web.trustProxy == true)
        #expect(settings?.log.level == .debug && settings?.pipeline.roles == [.intake, .forwarder])
        #expect(settings?.intake.udp == nil && settings?.intake.allowUsers == [0, 12])
        #expect(settings?.mongodb.uri.revealed == "mongodb://b")
    }

    @Test("a uri in the environment takes the place of a uri_file in the file, and the other way round")
    func places() throws {
        let uri = try written("mongodb://secret")
        defer { unlink(uri) }
        let byFile = try load("[mongodb]\nuri = \"mongodb://a\"", environment: ["CLICKD_MONGODB_URI_FILE": uri])
        #expect(byFile.settings?.mongodb.uri.revealed == "mongodb://secret")
        let byText = try load("[mongodb]\nuri_file = \"/nowhere\"", environment: ["CLICKD_MONGODB_URI": "mongodb://b"])
        #expect(byText.settings?.mongodb.uri.revealed == "mongodb://b")
    }

    @Test("an unknown name with a section's prefix is refused; other CLICKD_ names are left alone")
    func unknown() throws {
        #expect(
            try load("", environment: ["CLICKD_REQUIRE_SERVERS": "1", "CLICKD": "", "PATH": "/bin"]).settings != nil)
        let mistakes = try load(
            "",
            environment: [
                "CLICKD_OUTBOX_MAX_BYTE": "1", "CLICKD_KAFKA_CLIENT": "x", "CLICKD_OUTBOX_MAX_BYTES": "4 GBB",
                "CLICKD_WEB_TRUST_PROXY": "yes",
            ]
        ).mistakes.map(\.description)
        try #require(mistakes.count == 4)
        #expect(mistakes[0] == "CLICKD_KAFKA_CLIENT: kafka.client is a table, which only the file can set")
        #expect(mistakes[1].contains("did you mean CLICKD_OUTBOX_MAX_BYTES?"))
        #expect(mistakes[2].hasPrefix("CLICKD_OUTBOX_MAX_BYTES: outbox.max_bytes is \"4 GBB\": not a size; write"))
        #expect(mistakes[3].contains("neither true nor false"))
    }
}
