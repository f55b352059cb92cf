import Operator
import Testing

@Suite struct StatusTests {
    private func status(_ number: String, reasons: String = "[]", host: String = "shop-1", error: String = "null")
        -> String
    {
        let names = [
            "received", "stored", "pending", "outbox", "forwarded", "dead", "dropped", "lost", "consumed", "inserted",
            "duplicates", "consumer_dead", "consumer_pending", "skipped", "datagrams_lost",
        ]
        let ledger = names.map { "\"\($0)\":\(number)" }.joined(separator: ",")
        return """
            {"version":"1.0.0","host":"\(host)","state":"degraded","reasons":\(reasons),"since":"2026-11-23T09:00:00.000Z",
            "mode":"kafka","pid":1,"ledger":{\(ledger),"rejected":{"not_json":\(number),"bad_field":\(number),
            "not_object":\(number),"not_utf8":\(number),"too_large":\(number),"too_deep":\(number),"bad_number":\(number),
            "full":\(number)}},
            "outbox":{"events":\(number),"bytes":\(number),"max_bytes":\(number),"oldest_seconds":86400.5,"commit_p99_ms":1234.5},
            "kafka":{"up":false,"in_flight":\(number),"error":\(error)},"mongodb":{"up":true,"error":null},
            "consumer":{"lag":\(number)},"rates":{"received":\(number),"forwarded":\(number),"inserted":\(number)}}
            """
    }

    @Test("an answer's numbers are read by their path, parts that do not run are absent")
    func values() throws {
        let values = try #require(StatusValues(Array(status("7", reasons: #"["kafka: down"]"#).utf8)))
        #expect(values.state == "degraded")
        #expect(values.host == "shop-1")
        #expect(values["ledger.received"] == 7)
        #expect(values["ledger.rejected.not_json"] == 7)
        #expect(values.numbers["kafka.up"] == 0)
        #expect(values.numbers["none"] == nil)
        #expect(values.reasons == ["kafka: down"])
        let direct = try #require(StatusValues(Array(#"{"state":"running","kafka":null}"#.utf8)))
        #expect(direct.numbers["kafka.up"] == nil)
        #expect(StatusTable.text(direct).contains("not used by this process"))
    }

    @Test("what is no status is told from one, and numbers beyond reason end nothing")
    func nonsense() {
        #expect(StatusValues(Array("{".utf8)) == nil)
        #expect(StatusValues(Array("{}".utf8)) == nil)
        #expect(StatusValues(Array("[]".utf8)) == nil)
        for text in [status("1e300"), status("-1e300"), status("18446744073709551615"), status("1", reasons: "[1,{}]")]
        {
            #expect(StatusValues(Array(text.utf8)).map(StatusTable.text) != nil)
        }
    }

    @Test("no line is longer than 80 columns", arguments: ["0", "123456789", "12345678901234"])
    func columns(number: String) throws {
        let reason = "\"kafka: " + String(repeating: "a broker is away ", count: 12) + "\""
        let text = status(
            number, reasons: "[\(reason)]", host: "a-host-with-a-long-name.of-a-long-domain.example.com", error: reason)
        let table = StatusTable.text(try #require(StatusValues(Array(text.utf8))))
        for line in table.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
}
