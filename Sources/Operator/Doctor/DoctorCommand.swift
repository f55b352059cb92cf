// `clickd doctor`: everything that is looked at, problems first, each with its remedy; in 80 columns or as JSON. Exit 0
// without problems (warnings aside), 1 with.
import JSON
import Linux
import Settings

enum DoctorCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        let patient = Patient.meet(settings, configFile: options["config"] ?? Settings.defaultFile)
        let findings = Doctor.examine(patient)
        if options.has("json") {
            _ = Files.writeAll(1, json(findings) + [0x0A])
        } else {
            Terminal.print(DoctorTable.text(findings, showsAll: !options.has("quiet")))
        }
        return findings.contains { $0.verdict == .problem } ? 1 : 0
    }

    private static func json(_ findings: [Finding]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            o.member("problems", findings.count { $0.verdict == .problem })
            o.member("warnings", findings.count { $0.verdict == .warning })
            o.key("findings")
            o.array { list in
                for finding in findings {
                    list.object { f in
                        f.member("check", finding.check)
                        f.member("verdict", finding.verdict.rawValue)
                        f.member("text", finding.text)
                        f.member("remedy", finding.remedy)
                    }
                }
            }
        }
        return writer.bytes
    }
}

package enum DoctorTable {
    static let width = 80

    package static func text(_ findings: [Finding], showsAll: Bool) -> String {
        let problems = findings.filter { $0.verdict == .problem }
        let warnings = findings.filter { $0.verdict == .warning }
        var lines: [String] = []
        for finding in problems + warnings { lines += entry(finding) }
        if showsAll {
            for finding in findings where finding.verdict == .ok {
                lines += folded(finding.text, first: "ok       " + Format.padded(finding.check, 24) + " ", rest: 34)
            }
        }
        let outcome =
            problems.isEmpty && warnings.isEmpty
            ? "all is well"
            : "\(count(problems.count, "problem")), \(count(warnings.count, "warning"))"
        lines.append("\(findings.count) things looked at: \(outcome)")
        return lines.map(Terminal.safe).joined(separator: "\n")
    }

    private static func count(_ number: Int, _ name: String) -> String { "\(number) \(name)\(number == 1 ? "" : "s")" }

    private static func entry(_ finding: Finding) -> [String] {
        let mark = Format.padded(finding.verdict == .problem ? "PROBLEM" : "warning", 9)
        var lines = folded(finding.text, first: mark + finding.check + ": ", rest: 9)
        if let remedy = finding.remedy { lines += folded(remedy, first: "      -> ", rest: 9) }
        return lines + [""]
    }

    /// `text` in lines of at most 80 columns; a word that is longer than a line keeps its own, for it is to be copied.
    private static func folded(_ text: String, first: String, rest: Int) -> [String] {
        var lines: [String] = []
        var line = first
        var isFresh = true
        for word in text.split(separator: " ") {
            if !isFresh, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: rest)
                isFresh = true
            }
            if !isFresh { line += " " }
            line += word
            isFresh = false
        }
        return lines + [line]
    }
}
