// /metrics, /healthz and /readyz of a real daemon, as Prometheus and its tools see them.
import Linux
import TestSupport
import Testing

@Suite("Metrics", .waiting, .serialized, .enabled(if: Servers.areThere && TestPrometheus.isThere)) struct MetricsTests {
    private func scrape(_ daemon: TestDaemon) throws -> String { try #require(daemon.get("/metrics")).text }

    /// The families: name, type, help.
    private func families(_ text: String) -> [String: (type: String, help: String)] {
        var found: [String: (type: String, help: String)] = [:]
        for match in text.matches(of: /# HELP (\w+) (.*)\n# TYPE \w+ (\w+)/) {
            found[String(match.1)] = (String(match.3), String(match.2))
        }
        return found
    }

    private func check(_ text: String) throws {
        let check = try Command.run("/usr/bin/promtool", ["check", "metrics"], input: Array(text.utf8))
        #expect(check.status == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check.output)\(check.errors)")
    }

    /// Everything once: a daemon with all roles under traffic, and its clickd-web.
    @Test(
        "promtool has no word against them under traffic; docs/metrics.md and the files name what is exposed, and no more"
    )
    func all() throws {
        let daemon = try TestDaemon(metrics: true)
        try daemon.start()
        let web = try TestWeb(daemon)
        try web.start()
        let sender = try SteadySender("m", to: daemon.streamSocket, perSecond: 2000)
        eventually(within: 30, "events arrive") { (daemon.status()?["ledger.inserted"] ?? 0) > 100 }
        eventually(within: 20, "the retention is known") {
            daemon.get("/metrics")?.text.contains("clickd_kafka_retention_seconds") == true
        }
        let text = try scrape(daemon)
        let webText = try #require(web.reader().request("GET", "/metrics")).text
        try check(text)
        try check(webText)
        _ = sender.finish(within: 30)

        let exposed = families(text).merging(families(webText)) { first, _ in first }
        let reference = try String(decoding: Files.read(Command.root + "/docs/metrics.md"), as: UTF8.self)
        var documented: Set<String> = []
        for match in reference.matches(of: /\n\| `(\w+)`[^|]*\| (\w+) \| (.*) \|/) {
            let name = String(match.1)
            documented.insert(name)
            #expect(exposed[name]?.type == String(match.2), "\(name)")
            #expect(exposed[name]?.help == String(match.3), "\(name)")
        }
        #expect(documented == Set(exposed.keys), "\(documented.symmetricDifference(exposed.keys))")

        let rules = try String(decoding: Files.read(TestPrometheus.rulesPath), as: UTF8.self)
        for source in try DashboardFile.expressions() + rules.matches(of: /expr: (.*)/).map({ String($0.1) }) {
            for match in source.matches(of: /\b(?:clickd|process)_\w+/) {
                let name = String(match.0).replacing(/_(bucket|sum|count)$/, with: "")
                #expect(exposed[name] != nil, "\(name) in \(source)")
            }
        }
    }

    @Test("the ledger's numbers are those of status, and balance", arguments: [TestDaemon.Mode.kafka, .direct])
    func ledger(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(mode: mode, metrics: true)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send((0..<300).map { event("\($0)") + "\n" }.joined() + event("0") + "\nrubbish\n")
        _ = client.answers(upTo: 302)
        eventually(within: 30, "all are written") {
            daemon.status().map { $0["ledger.inserted"] + $0["ledger.duplicates"] } == 301
        }
        let status = try #require(daemon.status())
        let text = try scrape(daemon)
        func value(_ name: String) -> Int {
            text.split(separator: "\n").filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        }
        for name in ["received", "stored", "forwarded", "dropped", "lost", "inserted", "duplicates", "skipped"] {
            #expect(value("clickd_\(name)_total") == status["ledger." + name], "\(name)")
        }
        #expect(value("clickd_rejected_total") == 1 && value("clickd_received_total") == 302)
        #expect(value("clickd_consumed_total") == 301 && value("clickd_outbox_events") == 0)
        #expect(value("clickd_intake_acknowledgement_seconds_count") > 0)
        #expect(value("clickd_outbox_commit_events_sum") == 301)
        #expect(value("clickd_mongodb_write_events_sum") == 301)
        #expect(text.contains("clickd_kafka_delivery_seconds") == (mode == .kafka))
        try check(text)
    }

    @Test("slow and many askers harm no event; one who asks rightly is answered soon")
    func abuse() throws {
        let daemon = try lonelyDaemon(metrics: true)
        let port = try #require(daemon.metricsPort)
        let slow = try (0..<100).map { _ in try HTTPClient(port: port, seconds: 1) }
        for client in slow { client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Half: ") }
        let client = try StreamClient(daemon.streamSocket)
        client.send((0..<1000).map { event("\($0)") + "\n" }.joined())
        #expect(client.answers(upTo: 1000).last == "OK 1000")
        eventually(within: 20, "it answers again") { daemon.get("/healthz")?.status == 200 }
        let raw = try HTTPClient(port: port)
        raw.send("\u{0}\u{1}rubbish\r\n\r\n")
        // A refusal, or the connection's end; a hang is a fault.
        #expect(raw.answer().map { $0.status >= 400 } ?? raw.isClosed)
        let withBody = try HTTPClient(port: port).request("POST", "/metrics", body: [1, 2, 3])
        #expect(withBody?.status == 400 && withBody?.text == "only GET without a body\n", "\(withBody?.text ?? "none")")
        #expect(try HTTPClient(port: port).request("POST", "/metrics")?.status == 405)
        #expect(daemon.get("/none")?.status == 404)
        #expect(try HTTPClient(port: port).request("HEAD", "/metrics")?.status == 200)
        #expect(daemon.get("/healthz")?.text == "ok\n")
        daemon.hasBalance(received: 1000, rejected: 0)
    }

    @Test("a taken port is said in a sentence, exit 1")
    func taken() throws {
        let daemon = try lonelyDaemon(metrics: true)
        let port = try #require(daemon.metricsPort)
        let second = try TestDaemon(mode: .direct, extra: "\n[web]\nlisten = \"127.0.0.1:1\"")
        let process = try second.start(environment: ["CLICKD_METRICS_LISTEN": "127.0.0.1:\(port)"], waits: false)
        #expect(process.wait(seconds: 20) == 1)
        #expect(process.errors.contains("listen on 127.0.0.1 port \(port)"), "\(process.errors)")
    }
}
