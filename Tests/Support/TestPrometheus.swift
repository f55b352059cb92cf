// A real Prometheus of one test's own: scrapes every half second, evaluates the shipped rules with their times made short.
import JSON
import Linux
import Testing

public final class TestPrometheus {
    private let folder: TemporaryFolder
    private let port = Ports.one()
    private let process: Process

    public static var isThere: Bool { Servers.areRequired || Files.exists("/usr/bin/prometheus") }
    public static var rulesPath: String { Command.root + "/packaging/monitoring/clickd.rules.yml" }

    /// `targets`: ports of 127.0.0.1 by the job's name.
    public init(_ targets: [String: Int]) throws {
        folder = try TemporaryFolder()
        let jobs = targets.map { job, port in
            "  - {job_name: \(job), static_configs: [{targets: ['127.0.0.1:\(port)']}]}"
        }
        let configuration = """
            global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
            rule_files: [rules.yml]
            scrape_configs:
            \(jobs.joined(separator: "\n"))
            """
        try Files.replace(folder.path + "/prometheus.yml", with: Array(configuration.utf8))
        try Files.replace(folder.path + "/rules.yml", with: Array(try TestPrometheus.quickRules().utf8))
        process = try Process.start(
            "/usr/bin/prometheus",
            [
                "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            ])
        eventually(within: 20, "Prometheus answers: \(process.errors)") { (try? get("/-/ready")) == "200" }
    }

    deinit {
        process.signal(SIGKILL)
        process.wait()
    }

    /// The shipped rules, of which minutes are seconds and five minutes three.
    private static func quickRules() throws -> String {
        String(decoding: try Files.read(rulesPath), as: UTF8.self)
            .replacing(/for: \d+[smh]/, with: "for: 0s").replacing(/\[\d+[mh]\]/, with: "[1m]")
            .replacing("> 300", with: "> 3")
    }

    private func get(_ path: String) throws -> String {
        let code = path == "/-/ready" ? ["-o", "/dev/null", "-w", "%{http_code}"] : []
        return try Command.run("/usr/bin/curl", ["-sS"] + code + ["http://127.0.0.1:\(port)\(path)"]).output
    }

    /// The names of the alerts that fire now.
    public func firing() -> Set<String> {
        guard let text = try? get("/api/v1/alerts") else { return [] }
        let bytes = Array(text.utf8)
        let found = try? JSONParser.make(capacity: max(64, bytes.count), maxDepth: 16).parse(copying: bytes) {
            tape -> Set<String> in
            var names: Set<String> = []
            guard let data = tape.member("data", of: tape.top), let alerts = tape.member("alerts", of: data) else {
                return []
            }
            tape.elements(of: alerts) { alert in
                guard let state = tape.member("state", of: alert), tape.string(state).elementsEqual("firing".utf8),
                    let labels = tape.member("labels", of: alert), let name = tape.member("alertname", of: labels)
                else { return }
                names.insert(String(decoding: tape.string(name), as: UTF8.self))
            }
            return names
        }
        return found ?? []
    }

    /// Waits until each of `alerts` has fired, not all at one time.
    public func expect(
        _ alerts: Set<String>, within seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var left = alerts
        eventually(within: seconds, "\(left) fire, now: \(firing())", sourceLocation: sourceLocation) {
            left.subtract(firing())
            return left.isEmpty
        }
    }

    /// Waits until none of `alerts` fires.
    public func expectQuiet(
        _ alerts: Set<String>, within seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        eventually(within: seconds, "none of \(alerts) fires, now: \(firing())", sourceLocation: sourceLocation) {
            firing().isDisjoint(with: alerts)
        }
    }
}
