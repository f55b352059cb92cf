// SIGHUP on a real clickd-web: keys, passwords and origins count at once, on connections that stay open.
import Linux
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: Servers.areThere)) struct WebReloadTests {
    @Test("write keys, origins and the read password change on open connections; a wrong file changes nothing")
    func reload() throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let password = daemon.folder.path + "/password"
        try Files.replace(password, with: Array("secret\n".utf8))
        let web = try TestWeb(
            daemon,
            web: """
                write_keys = { shop = "k-old" }
                read_user = "ann"
                read_password_file = "\(password)"
                allow_origins = ["https://a.example", "https://b.example"]
                """)
        try web.start()
        let client = try web.client()
        let reader = try web.reader()
        func track(_ key: String, _ headers: [(String, String)] = []) -> Int? {
            client.post("/v1/track", #"{"event":"e","writeKey":"\#(key)"}"#, headers)?.status
        }
        let (old, new) = (
            [("Authorization", "Basic YW5uOnNlY3JldA==")], [("Authorization", "Basic YW5uOmNoYW5nZWQ=")]
        )
        #expect(track("k-old") == 200 && track("k-new") == 400)
        #expect(track("k-old", [("Origin", "https://b.example")]) == 200)
        #expect(reader.request("GET", "/metrics", old)?.status == 200)

        func edit(_ from: String, _ to: String, _ said: String) throws {
            var text = String(decoding: try Files.read(web.configPath), as: UTF8.self)
            let range = try #require(text.firstRange(of: from))
            text.replaceSubrange(range, with: to)
            try Files.replace(web.configPath, with: Array(text.utf8), mode: 0o644)
            let before = web.process?.errors.count ?? 0
            web.process?.signal(SIGHUP)
            eventually(within: 10, "\(said): \(web.process?.errors.dropFirst(before) ?? "")") {
                web.process?.errors.dropFirst(before).contains(said) == true
            }
        }
        try edit("k-old", "k-new", "web.write_keys is taken")
        #expect(track("k-old") == 400 && track("k-new") == 200)
        try edit(", \"https://b.example\"", "", "web.allow_origins is taken")
        #expect(track("k-new", [("Origin", "https://b.example")]) == 400)
        #expect(track("k-new", [("Origin", "https://a.example")]) == 200)
        try Files.replace(password, with: Array("changed\n".utf8))
        try edit("write_keys", "write_keys", "web.read_password_file is taken")
        #expect(reader.request("GET", "/metrics", old)?.status == 401)
        #expect(reader.request("GET", "/metrics", new)?.status == 200)
        // A listener that stays open until a restart must not lose its key.
        try edit("\"k-new\"", "\"k-newer\"\nanonymise_ip = 1", "the old one stays")
        #expect(track("k-new") == 200 && track("k-newer") == 400)
        #expect(web.process?.errors.contains("k-new") == false, "keys are never logged")
        #expect(web.stop() == 0)
    }
}
