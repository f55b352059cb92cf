// The files that ship for Prometheus and Grafana: valid, about metrics that exist, and each alert explained and caused.
import JSON
import Linux
import TestSupport
import Testing

private let folder = Command.root + "/packaging/monitoring"

func text(of path: String) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }

@Suite("Monitoring files", .waiting, .enabled(if: TestPrometheus.isThere)) struct MonitoringFileTests {
    private func alerts() throws -> [String] {
        try text(of: TestPrometheus.rulesPath).matches(of: /- alert: (\w+)/).map { String($0.1) }
    }

    @Test("promtool takes the rules, and each fires for who is ill and for nobody else")
    func rules() throws {
        let check = try Command.run("/usr/bin/promtool", ["check", "rules", TestPrometheus.rulesPath])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let tests = try Command.run("/usr/bin/promtool", ["test", "rules", folder + "/clickd.rules.test.yml"])
        #expect(tests.status == 0, "\(tests.output)\(tests.errors)")
        let tried = Set(
            try text(of: folder + "/clickd.rules.test.yml").matches(of: /- name: (\w+)/).map { String($0.1) })
        #expect(try Set(alerts()) == tried)
    }

    @Test("each alert has a section in the handbook, and is caused by a test on a real daemon")
    func explained() throws {
        let handbook = try text(of: Command.root + "/docs/operations.md")
        let caused = try text(of: Command.root + "/Tests/IntegrationTests/AlertTests.swift")
        let rules = try text(of: TestPrometheus.rulesPath)
        let alerts = try alerts()
        #expect(alerts.count == Set(alerts).count && alerts.count > 20)
        for alert in alerts {
            #expect(handbook.contains("\n### \(alert)\n"), "\(alert)")
            #expect(rules.contains("runbook_url: docs/operations.md#\(alert.lowercased())\n"), "\(alert)")
            let isExpected = caused.matches(of: /expect\(\s*\[([^\]]*)\]/).contains { $0.1.contains("\"\(alert)\"") }
            #expect(isExpected || caused.contains("firing().contains(\"\(alert)\")"), "no test causes \(alert)")
        }
        for annotation in ["summary:", "description:", "severity:"] {
            #expect(rules.components(separatedBy: annotation) == alerts.count + 1, "\(annotation)")
        }
    }

    @Test("Prometheus parses every expression of the dashboard, and no two panels overlap")
    func dashboard() throws {
        let expressions = try DashboardFile.expressions()
        #expect(expressions.count > 30)
        var rules = "groups: [{name: dashboard, rules: [\n"
        for (index, expression) in expressions.enumerated() {
            let plain = expression.replacing("$__rate_interval", with: "5m").replacing("$instance", with: ".*")
            rules += "{record: 'r\(index)', expr: '\(plain)'},\n"
        }
        let own = try TemporaryFolder()
        try Files.replace(own.path + "/rules.yml", with: Array((rules + "]}]\n").utf8))
        let check = try Command.run("/usr/bin/promtool", ["check", "rules", own.path + "/rules.yml"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}

enum DashboardFile {
    /// Every "expr" in it.
    static func expressions() throws -> [String] {
        let bytes = try Files.read(folder + "/clickd-dashboard.json")
        var found: [String] = []
        func walk(_ tape: JSONTape, _ place: Int) {
            tape.members(of: place) { key, value in
                if key.elementsEqual("expr".utf8) { found.append(String(decoding: tape.string(value), as: UTF8.self)) }
                if tape.kind(value) == .object { walk(tape, value) }
                if tape.kind(value) == .array {
                    tape.elements(of: value) { if tape.kind($0) == .object { walk(tape, $0) } }
                }
            }
        }
        try JSONParser.make(capacity: bytes.count, maxDepth: 32).parse(copying: bytes) { walk($0, $0.top) }
        return found
    }
}

extension String {
    /// How many parts `separator` makes of it.
    fileprivate func components(separatedBy separator: String) -> Int { ranges(of: separator).count + 1 }
}
