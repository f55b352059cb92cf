// A status answer for a person, at a glance, in 80 columns: the state first, then how long the oldest event waits, the
// rates of the last minute, the ledger, and each neighbour with what is wrong with it and for how long.

package struct StatusTable {
    static let width = 80
    /// Shown with their neighbour, not among the rest of what is wrong.
    private static let neighbours = [
        "kafka", "forwarder", "mongodb", "durability", "rollups", "dead letters", "retention",
    ]

    private let s: StatusValues
    private let look: Look
    private var lines: [String] = []

    package static func text(_ values: StatusValues, look: Look) -> String {
        var table = StatusTable(s: values, look: look)
        table.state()
        table.outbox()
        table.rates()
        table.ledger()
        table.neighbourLines()
        return table.lines.joined(separator: "\n")
    }

    private init(s: StatusValues, look: Look) {
        self.s = s
        self.look = look
    }

    // MARK: State and outbox

    private mutating func state() {
        let tone: Look.Tone = s.state == "running" ? .good : s.state == "degraded" ? .warning : .bad
        var text = s.state
        if let seconds = s.numbers["since_seconds"] { text += " for \(Format.duration(seconds: seconds))" }
        if !s.conditions.isEmpty { text += ": " + s.conditions.map(\.part).joined(separator: ", ") }
        add(text, tone: tone)
        add("clickd \(s.version) on \(s.host), mode \(s.mode)" + upFor)
        for one in s.conditions where !StatusTable.neighbours.contains(one.part) {
            add("\(one.part): \(one.reason)" + since(one), first: "  ! ", rest: "    ", tone: tone)
        }
    }

    private var upFor: String { s.numbers["uptime_seconds"].map { ", up \(Format.duration(seconds: $0))" } ?? "" }

    private func since(_ condition: StatusValues.Condition) -> String {
        condition.seconds.map { " (for \(Format.duration(seconds: $0)))" } ?? ""
    }

    private mutating func outbox() {
        guard s.numbers["outbox.events"] != nil else { return }
        lines.append("")
        let oldest = s.numbers["outbox.oldest_seconds"] ?? 0
        let isEmpty = s["outbox.events"] == 0
        add(
            "oldest unsent  " + (isEmpty ? "none" : Format.duration(seconds: oldest)),
            tone: oldest > 60 ? .warning : .strong)
        let share = Double(s["outbox.bytes"]) / Double(max(1, s["outbox.max_bytes"])) * 100
        add(
            "outbox         \(Format.count(s["outbox.events"])) events, \(Format.bytes(s["outbox.bytes"])) of "
                + "\(Format.bytes(s["outbox.max_bytes"])) (\(Int(min(share, 1e6))) %)",
            rest: "               ")
        add("commit p99     \(Format.decimal(s.numbers["outbox.commit_p99_ms"] ?? 0, 2)) ms")
    }

    // MARK: Rates

    private mutating func rates() {
        lines.append("")
        let longest = s.rows.filter { $0.key.hasPrefix("history.") }.map(\.value.count).max() ?? 0
        lines.append(
            "a second       now" + (longest > 1 ? "  the last \(min(longest, 60)) s" : ""))
        for name in ["received", "forwarded", "inserted"] {
            let front = Format.padded(name, 10) + Format.right(Format.count(s["rates.\(name)"]), 8)
            let values = s.rows["history.\(name)"] ?? []
            let line = Sparkline.text(values, width: StatusTable.width - front.count - 2, look: look)
            lines.append(front + "  " + line)
        }
    }

    // MARK: Ledger

    private mutating func ledger() {
        lines.append("")
        row("intake", [("received", "received"), ("stored", "stored"), ("pending", "pending")])
        let front = "ledger.rejected."
        let rejected = s.numbers.filter { $0.key.hasPrefix(front) && $0.value > 0 }.sorted { $0.key < $1.key }
        if !rejected.isEmpty {
            let reasons = rejected.map { "\($0.key.dropFirst(front.count)) \(Format.count(s[$0.key]))" }
            add(reasons.joined(separator: ", "), first: "  rejected     ", rest: "               ")
        }
        if s["ledger.datagrams_lost"] > 0 {
            add("  datagrams lost by the kernel \(Format.count(s["ledger.datagrams_lost"]))", tone: .warning)
        }
        row("outbox", [("waiting", "outbox"), ("forwarded", "forwarded"), ("dead", "dead")])
        if s["ledger.dropped"] + s["ledger.lost"] > 0 { row("", [("dropped", "dropped"), ("lost", "lost")]) }
        row("consumer", [("inserted", "inserted"), ("duplicates", "duplicates"), ("dead", "consumer_dead")])
        if s["ledger.skipped"] > 0 { row("", [("skipped", "skipped")]) }
    }

    private mutating func row(_ name: String, _ cells: [(title: String, path: String)]) {
        let parts = cells.map {
            Format.padded($0.title, 11) + Format.right(Format.count(s["ledger." + $0.path]), 11)
        }
        let line = Format.padded(name, 10) + parts.joined(separator: "  ")
        // Numbers beyond a billion take a line each.
        if line.count <= StatusTable.width { return lines.append(line) }
        for (index, part) in parts.enumerated() { lines.append(Format.padded(index == 0 ? name : "", 10) + part) }
    }

    // MARK: Neighbours

    private mutating func neighbourLines() {
        lines.append("")
        neighbour("kafka", ["kafka", "forwarder"], "in flight \(Format.count(s["kafka.in_flight"]))")
        if let one = s.condition("durability") { say("topic", one, .warning) }
        var more: [String] = []
        if s.numbers["consumer.lag"] != nil { more.append("lag \(Format.count(s["consumer.lag"]))") }
        if let oldest = s.numbers["consumer.oldest_seconds"], oldest > 0 {
            more.append("oldest \(Format.duration(seconds: oldest))")
        }
        if s["consumer.lag"] > 0, let left = s.numbers["consumer.retention_left_seconds"] {
            more.append("Kafka keeps it \(Format.duration(seconds: max(0, left))) more")
        }
        neighbour("mongodb", ["mongodb"], more.joined(separator: ", "))
        if let one = s.condition("retention") { say("retention", one, .bad) }
        if let one = s.condition("rollups") { say("rollups", one, .warning) }
        let dead = s["ledger.dead"] + s["ledger.consumer_dead"]
        if let one = s.condition("dead letters") {
            say("dead", one, .bad)
        } else if dead > 0 {
            add("dead      \(Format.count(dead)) set aside", tone: .warning)
        }
    }

    private mutating func neighbour(_ name: String, _ parts: [String], _ more: String) {
        guard s.numbers["\(name).up"] != nil else { return add(Format.padded(name, 10) + "not used by this process") }
        let tail = more.isEmpty ? "" : ", " + more
        guard let one = parts.compactMap({ s.condition($0) }).first else {
            let isUp = s.numbers["\(name).up"] == 1
            let text = isUp ? "up" : "DOWN: \(s.texts["\(name).error"] ?? "")"
            return add(text + tail, first: Format.padded(name, 10), rest: "          ", tone: isUp ? .good : .bad)
        }
        let duration = one.seconds.map { " for \(Format.duration(seconds: $0))" } ?? ""
        add(
            "DOWN\(duration): \(one.reason)" + tail, first: Format.padded(name, 10), rest: "          ", tone: .bad)
    }

    private mutating func say(_ name: String, _ condition: StatusValues.Condition, _ tone: Look.Tone) {
        add(condition.reason + since(condition), first: Format.padded(name, 10), rest: "          ", tone: tone)
    }

    // MARK: Lines

    private mutating func add(_ text: String, first: String = "", rest: String = "  ", tone: Look.Tone? = nil) {
        lines += Format.wrapped(text, first: first, rest: rest, width: StatusTable.width).map { look.toned($0, tone) }
    }
}
