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
            Terminal.bold("clickd \(s.version)") + ", mode \(s.mode): " + Terminal.colored(s.state, color)
                + " since \(s.since)")
        lines += wrapped("on \(s.host)", first: "  ", rest: "  ")
        for reason in s.reasons { lines += wrapped(reason, first: "  ! ", rest: "    ") }
        if s.numbers["outbox.events"] != nil {
            lines.append("")
            lines.append(
                "oldest unsent  \(Format.duration(seconds: s.numbers["outbox.oldest_seconds"] ?? 0))"
                    + "   outbox \(Format.count(s["outbox.events"])) events, \(Format.bytes(s["outbox.bytes"])) of "
                    + "\(Format.bytes(s["outbox.max_bytes"]))")
            lines.append("commit p99     \(Format.decimal(s.numbers["outbox.commit_p99_ms"] ?? 0, 2)) ms")
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
            let reasons = rejected.map { "\($0.key.dropFirst(16)) \(Format.count(s[$0.key]))" }
            lines += wrapped(reasons.joined(separator: ", "), first: "  rejected     ", rest: "               ")
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
        let inFlight = s.numbers["kafka.up"] == nil ? "" : ", in flight \(Format.count(s["kafka.in_flight"]))"
        lines += wrapped(neighbour("kafka", s) + inFlight, first: Format.padded("kafka", 10), rest: "          ")
        let lag = s.numbers["consumer.lag"] == nil ? "" : ", lag \(Format.count(s["consumer.lag"]))"
        lines += wrapped(neighbour("mongodb", s) + lag, first: Format.padded("mongodb", 10), rest: "          ")
        let fitting = lines.dropFirst().flatMap { line in
            line.split(separator: "\n", omittingEmptySubsequences: false).flatMap { part in
                part.count <= width ? [String(part)] : wrapped(String(part), first: "", rest: "  ")
            }
        }
        return (lines.prefix(1) + fitting).joined(separator: "\n")
    }

    private static func rate(_ s: StatusValues, _ name: String) -> String {
        Format.count(s["rates.\(name)"])
    }

    private static func row(_ name: String, _ cells: [(String, Int)]) -> String {
        let parts = cells.map { Format.padded($0.0, 11) + Format.right(Format.count($0.1), 11) }
        let line = Format.padded(name, 10) + parts.joined(separator: "  ")
        // Numbers beyond a billion take a line each.
        return line.count <= width
            ? line
            : parts.enumerated().map { Format.padded($0.offset == 0 ? name : "", 10) + $0.element }.joined(
                separator: "\n")
    }

    static let width = 80

    /// `text` in lines of at most 80 columns, broken at spaces, or anywhere in a word that is too long for a line.
    private static func wrapped(_ text: String, first: String, rest: String) -> [String] {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in text.split(separator: " ") {
            var word = word
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = rest
                isEmpty = true
            }
            if !isEmpty { line += " " }
            while line.count + word.count > width {
                let piece = word.prefix(width - line.count)
                lines.append(line + piece)
                word = word.dropFirst(piece.count)
                line = rest
            }
            line += word
            isEmpty = false
        }
        return lines + [line]
    }

    private static func neighbour(_ name: String, _ s: StatusValues) -> String {
        guard let up = s.numbers["\(name).up"] else { return "not used by this process" }
        return (up == 1 ? "up" : "DOWN: \(s.texts["\(name).error"] ?? "")")
    }
}
