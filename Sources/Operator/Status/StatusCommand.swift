// `clickd status`: how the daemon is, for a person (80 columns) or as JSON.
import Linux
import Settings

enum StatusCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        while true {
            let json: [UInt8]
            do throws(ControlClient.NoDaemon) {
                json = try ControlClient.status(path: settings.control.socket)
            } catch {
                Terminal.complain(error.text)
                return 4
            }
            guard let values = StatusValues(json) else {
                Terminal.complain("the daemon's answer makes no sense")
                return 4
            }
            if options.has("watch"), Terminal.isTerminal { Terminal.write(1, "\u{1B}[H\u{1B}[2J") }
            if options.has("json") {
                _ = Files.writeAll(1, json + [0x0A])
            } else {
                Terminal.print(StatusTable.text(values))
            }
            guard options.has("watch") else { return values.state == "running" ? 0 : 3 }
            sleep(1)
        }
    }
}

package enum StatusTable {
    package static func text(_ s: StatusValues) -> String {
        var lines: [String] = []
        let color = s.state == "running" ? 32 : s.state == "degraded" ? 33 : 31
        lines.append(
            Terminal.bold("clickd \(s.version)") + " on \(s.host), mode \(s.mode): " + Terminal.colored(s.state, color)
                + " since \(s.since)")
        for reason in s.reasons { lines.append("  ! \(reason)") }
        if s.numbers["outbox.events"] != nil {
            lines.append("")
            lines.append(
                "oldest unsent  \(Format.duration(seconds: s.numbers["outbox.oldest_seconds"] ?? 0))   commit p99 "
                    + "\(Format.decimal(s.numbers["outbox.commit_p99_ms"] ?? 0, 2)) ms")
            lines.append(
                "in the outbox  \(Format.count(s["outbox.events"])) events, \(Format.bytes(s["outbox.bytes"])) of "
                    + Format.bytes(s["outbox.max_bytes"]))
        }
        lines.append("")
        lines.append(
            "rates a second received \(rate(s, "received"))  forwarded \(rate(s, "forwarded"))  inserted \(rate(s, "inserted"))"
        )
        lines.append("")
        lines.append(
            row(
                "intake",
                [("received", s["ledger.received"]), ("stored", s["ledger.stored"]), ("pending", s["ledger.pending"])]))
        let rejected = s.numbers.filter { $0.key.hasPrefix("ledger.rejected.") && $0.value > 0 }.sorted {
            $0.key < $1.key
        }
        if !rejected.isEmpty {
            lines.append(
                "  rejected     "
                    + rejected.map { "\($0.key.dropFirst(16)) \(Format.count(Int($0.value)))" }.joined(separator: "  "))
        }
        if s["ledger.datagrams_lost"] > 0 {
            lines.append("  datagrams lost by the kernel \(Format.count(s["ledger.datagrams_lost"]))")
        }
        lines.append(
            row(
                "outbox",
                [("waiting", s["ledger.outbox"]), ("forwarded", s["ledger.forwarded"]), ("dead", s["ledger.dead"])]))
        if s["ledger.dropped"] + s["ledger.lost"] > 0 {
            lines.append(row("", [("dropped", s["ledger.dropped"]), ("lost", s["ledger.lost"])]))
        }
        lines.append(
            row(
                "consumer",
                [
                    ("inserted", s["ledger.inserted"]), ("duplicates", s["ledger.duplicates"]),
                    ("dead", s["ledger.consumer_dead"]),
                ]))
        lines.append("")
        lines.append(
            neighbour("kafka", s)
                + (s.numbers["kafka.up"] == nil ? "" : ", in flight \(Format.count(s["kafka.in_flight"]))"))
        lines.append(
            neighbour("mongodb", s)
                + (s.numbers["consumer.lag"] == nil ? "" : ", lag \(Format.count(s["consumer.lag"]))"))
        return lines.flatMap { wrapped($0) }.joined(separator: "\n")
    }

    /// A line as lines of at most 80 columns, broken at spaces; the further ones are indented.
    private static func wrapped(_ line: String) -> [String] {
        var lines: [String] = []
        var current: String?
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            guard let begun = current else {
                current = String(word)
                continue
            }
            let fits = columns(begun) + 1 + columns(word) <= 80
            if !fits { lines.append(begun) }
            current = fits ? begun + " " + word : "    " + word
        }
        return lines + [current ?? ""]
    }

    /// The columns a text takes; colours take none.
    private static func columns(_ text: some StringProtocol) -> Int {
        var count = 0
        var isColor = false
        for character in text {
            if character == "\u{1B}" { isColor = true }
            if !isColor { count += 1 }
            if character == "m" { isColor = false }
        }
        return count
    }

    private static func rate(_ s: StatusValues, _ name: String) -> String {
        Format.count(Int(s.numbers["rates.\(name)"] ?? 0))
    }

    private static func row(_ name: String, _ cells: [(String, Int)]) -> String {
        Format.padded(name, 10)
            + cells.map { Format.padded($0.0, 11) + Format.right(Format.count($0.1), 11) }.joined(separator: "  ")
    }

    private static func neighbour(_ name: String, _ s: StatusValues) -> String {
        guard let up = s.numbers["\(name).up"] else { return Format.padded(name, 10) + "not used by this process" }
        return Format.padded(name, 10) + (up == 1 ? "up" : "DOWN: \(s.texts["\(name).error"] ?? "")")
    }
}
