import Operator
import Testing

private let plain = Look(hasColor: false, isUnicode: true)

private func status(
    _ number: String, state: String = "degraded", conditions: String = "[]", host: String = "shop-1",
    error: String = "null", history: String = "[]"
) -> [UInt8] {
    let names = [
        "received", "stored", "pending", "outbox", "forwarded", "dead", "dropped", "lost", "consumed", "inserted",
        "duplicates", "consumer_dead", "consumer_pending", "skipped", "datagrams_lost",
    ]
    let ledger = names.map { "\"\($0)\":\(number)" }.joined(separator: ",")
    let text = """
        {"version":"1.0.0","host":"\(host)","state":"\(state)","reasons":["x: y"],"since":"2026-11-23T09:00:00.000Z",
        "conditions":\(conditions),"since_seconds":240,"uptime_seconds":90000,
        "mode":"kafka","pid":1,"ledger":{\(ledger),"rejected":{"not_json":\(number),"bad_field":\(number),
        "not_object":\(number),"not_utf8":\(number),"too_large":\(number),"too_deep":\(number),"bad_number":\(number),
        "full":\(number)}},
        "outbox":{"events":\(number),"bytes":\(number),"max_bytes":\(number),"oldest_seconds":86400.5,"commit_p99_ms":1234.5},
        "kafka":{"up":false,"in_flight":\(number),"error":\(error)},"mongodb":{"up":true,"error":null},
        "consumer":{"lag":\(number),"oldest_seconds":\(number),"retention_left_seconds":\(number)},
        "rates":{"received":\(number),"forwarded":\(number),"inserted":\(number)},
        "history":{"interval_seconds":1,"received":\(history),"forwarded":[0,0],"inserted":[]}}
        """
    return Array(text.utf8)
}

private func condition(_ part: String, _ reason: String, _ seconds: Double = 240) -> String {
    #"{"part":"\#(part)","reason":"\#(reason)","since":"2026-11-23T09:00:00.000Z","seconds":\#(seconds)}"#
}

private func table(_ json: [UInt8], _ look: Look = plain) throws -> [String] {
    StatusTable.text(try #require(StatusValues(json)), look: look).split(
        separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
}

@Suite struct StatusValuesTests {
    @Test("an answer's numbers are read by their path, parts that do not run are absent")
    func values() throws {
        let values = try #require(
            StatusValues(status("7", conditions: "[\(condition("kafka", "down", 3))]", history: "[1,2.5]")))
        #expect(values.state == "degraded")
        #expect(values.host == "shop-1")
        #expect(values["ledger.received"] == 7)
        #expect(values["ledger.rejected.not_json"] == 7)
        #expect(values.numbers["kafka.up"] == 0)
        #expect(values.numbers["none"] == nil)
        #expect(values.conditions.map(\.part) == ["kafka"] && values.conditions[0].seconds == 3)
        #expect(values.rows["history.received"] == [1, 2.5])
        let direct = try #require(StatusValues(Array(#"{"state":"running","kafka":null}"#.utf8)))
        #expect(direct.numbers["kafka.up"] == nil)
        #expect(StatusTable.text(direct, look: plain).contains("not used by this process"))
    }

    @Test("what is no status is told from one; numbers beyond reason are shown as none, and the rest as ever")
    func nonsense() throws {
        for text in ["", "{", "{}", "[]", "5", "null", #"{"state":""}"#, #"{"state":5}"#, #"{"state":"running"} x"#] {
            #expect(StatusValues(Array(text.utf8)) == nil, "\(text)")
        }
        for (text, received) in [
            (status("1e300", history: "[1e300,-1,1e-300]"), "0"), (status("-1e300"), "0"),
            (status("18446744073709551615"), "0"), (status("5e18"), "0"), (status("-5e18"), "0"),
            (status("1", conditions: "[1,{},[]]", history: "[null,{}]"), "1"),
        ] {
            let lines = try table(text)
            #expect(lines[0].hasPrefix("degraded for 4 min"), "\(lines[0])")
            #expect(lines.contains("clickd 1.0.0 on shop-1, mode kafka, up 25.0 h"), "\(lines)")
            let count = Format.padded("received", 11) + Format.right(received, 11)
            #expect(lines.contains { $0.hasPrefix(Format.padded("intake", 10) + count) }, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("kafka     DOWN") }, "\(lines)")
            #expect(lines.allSatisfy { $0.count <= 80 })
        }
        let far = try table(status("1e300", history: "[1e300,-1,1e-300]"))
        #expect(far.contains { $0.hasPrefix("received  ") && $0.hasSuffix("0  █ ▁") }, "\(far)")
        // What is neither a number nor a condition is left out.
        let odd = try #require(StatusValues(status("1", conditions: "[1,{},[]]", history: "[null,{}]")))
        #expect(odd.conditions.map(\.part) == [""] && odd.rows["history.received"] == nil)
    }
}

@Suite struct StatusTableTests {
    @Test("no line is longer than 80 columns", arguments: ["0", "123456789", "12345678901234"])
    func columns(number: String) throws {
        let reason = String(repeating: "a broker is away ", count: 12)
        let parts = ["kafka", "stage", "mongodb", "durability", "rollups", "dead letters", "retention", "outbox"]
        let json = status(
            number, conditions: "[\(parts.map { condition($0, reason) }.joined(separator: ","))]",
            host: "a-host-with-a-long-name.of-a-long-domain.example.com", error: "\"\(reason)\"",
            history: "[\((0..<60).map(String.init).joined(separator: ","))]")
        for line in try table(json) { #expect(line.count <= 80, "\(line)") }
    }

    @Test("the state stands first, with its parts and for how long; then the age of the oldest unsent event")
    func order() throws {
        let lines = try table(
            status(
                "7", conditions: "[\(condition("kafka", "no broker answers")),\(condition("clock", "is wrong", 30))]"))
        #expect(lines[0] == "degraded for 4 min: kafka, clock")
        #expect(lines[1] == "clickd 1.0.0 on shop-1, mode kafka, up 25.0 h")
        #expect(lines[2] == "  ! clock: is wrong (for 30.0 s)")
        #expect(lines[4] == "oldest unsent  24.0 h")
        #expect(lines.contains("kafka     DOWN for 4 min: no broker answers, in flight 7"))
        #expect(lines.contains("mongodb   up, lag 7, oldest 7.0 s, Kafka keeps it 7.0 s more"))
        #expect(lines.contains("dead      14 set aside"))
        #expect(try table(status("7", state: "running"))[0] == "running for 4 min")
    }

    @Test("nothing but text where no terminal is, or where the reader wants no color")
    func color() throws {
        let json = status("7", conditions: "[\(condition("kafka", "down"))]")
        #expect(try !table(json).joined().contains("\u{1B}"))
        let colored = try table(json, Look(hasColor: true, isUnicode: true))
        #expect(colored[0] == "\u{1B}[33mdegraded for 4 min: kafka\u{1B}[0m")
        #expect(colored.contains { $0.hasPrefix("\u{1B}[31mkafka     DOWN") })
    }

    @Test("what a terminal can show is read from it and its environment")
    func look() {
        func look(_ isTerminal: Bool, _ environment: [String: String]) -> (Bool, Bool) {
            let look = Look(isTerminal: isTerminal, environment: environment)
            return (look.hasColor, look.isUnicode)
        }
        #expect(look(true, ["LANG": "de_DE.UTF-8"]) == (true, true))
        #expect(look(false, ["LANG": "C.utf8"]) == (false, true))
        #expect(look(true, ["NO_COLOR": "1"]) == (false, false))
        #expect(look(true, ["NO_COLOR": ""]) == (true, false))
        #expect(look(true, ["TERM": "dumb"]) == (false, false))
        #expect(look(true, ["LANG": "de_DE.UTF-8", "LC_ALL": "C"]) == (true, false))
        #expect(look(true, ["LANG": "C", "LC_CTYPE": "en_US.UTF-8", "LC_ALL": ""]) == (true, true))
    }
}

@Suite struct SparklineTests {
    @Test("each number is as high as its share of the highest; nothing is a blank; the newest are kept")
    func blocks() {
        #expect(Sparkline.text([0, 1, 2, 4, 8], width: 10, look: plain) == " ▂▃▅█")
        #expect(Sparkline.text([0, 1, 2, 4, 8], width: 3, look: plain) == "▃▅█")
        #expect(Sparkline.text([0, 0], width: 10, look: plain) == "  ")
        #expect(Sparkline.text([], width: 10, look: plain).isEmpty)
        #expect(Sparkline.text([5], width: -1, look: plain).isEmpty)
    }

    @Test("ASCII where the locale has no more; numbers beyond reason end nothing")
    func ascii() {
        let look = Look(hasColor: false, isUnicode: false)
        #expect(Sparkline.text([0, 1, 2, 4, 8], width: 10, look: look) == " :-+#")
        #expect(Sparkline.text([.nan, -1, .infinity, 1], width: 10, look: look) == "    ")
        #expect(Sparkline.text([-1, 2, 1e-300, -.infinity], width: 10, look: look) == " #. ")
    }
}
