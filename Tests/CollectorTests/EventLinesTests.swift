// From bodies to lines.
import Collector
import Events
import Linux
import Testing

@Suite("Events to lines") struct EventLinesTests {
    @Test("an event with line breaks between its tokens becomes exactly one line, the same event")
    func oneLine() throws {
        let text = "{\r\n  \"event\":\n\"a\\nb\",\r\n \"messageId\" : \"m\" ,\n\"properties\":{\n\"x\":\n1}\n}\n"
        let sent = try Reading.event(text)
        #expect(sent.texts.count == 1 && sent.indices == [0])
        #expect(sent.lines.filter { $0 == 0x0A }.count == 1 && !sent.lines.contains(0x0D))
        #expect(sent.only?["event"] == "a\nb" && sent.only?["properties.x"] == "1" && sent.only?["messageId"] == "m")
    }

    @Test("an event without messageId gets one, no two the same; its own stays")
    func messageId() throws {
        var events = (0..<100).map { _ in #"{"event":"e"}"# }
        events.append(#"{"event":"e","messageId":"own"}"#)
        let sent = try Reading.batch(#"{"batch":[\#(events.joined(separator: ","))]}"#)
        let ids = sent.texts.compactMap { JSONValue($0)?["messageId"] }
        #expect(ids.count == 101 && Set(ids).count == 101 && ids.last == "own")
        let again = try Reading.event(#"{"event":"e"}"#)
        #expect(!ids.contains(again.only?["messageId"] ?? ""))
    }

    @Test("a sender's own source, receivedAt, host and key are left out; source is the key's name")
    func source() throws {
        var origin = Origin()
        origin.sourceMember = Origin.sourceMember("shop")
        let text =
            #"{"event":"e","source":"forged","writeKey":"secret","batch":[{"event":"e","source":"x","s\u006furce":"y","#
            + #""host":"h","receivedAt":"r","writeKey":"k","properties":{"source":"kept"}}]}"#
        let sent = try Reading.read(Array(text.utf8)) { (lines, body) throws(EventFault) in
            try lines.readBatch(body, origin) { _ throws(EventFault) in origin.sourceMember }
        }
        let line = sent.only
        #expect(line?["source"] == "shop" && line?["properties.source"] == "kept")
        #expect(line?["host"] == nil && line?["receivedAt"] == nil && line?["writeKey"] == nil)
        #expect(!sent.texts[0].contains("forged") && !sent.texts[0].contains("secret"))
    }

    @Test("the path's type takes the place of the event's own; in a batch each has its own")
    func type() throws {
        let page = try Reading.event(#"{"type":"track","name":"Home"}"#, .page)
        #expect(page.only?["type"] == "page" && page.texts[0].components("\"type\"") == 1)
        let batch = try Reading.batch(#"{"batch":[{"type":"identify","userId":"u"},{"event":"e"}]}"#)
        #expect(batch.texts.map { JSONValue($0)?["type"] } == ["identify", nil])
    }

    @Test("a batch's sentAt and context go to the events that lack them, and only a sentAt that is a time")
    func shared() throws {
        let events =
            #"[{"event":"a"},{"event":"b","sentAt":"2026-01-02T00:00:00Z","context":{"own":1}},{"event":"c","sentAt":null}]"#
        let sent = try Reading.batch(
            #"{"sentAt":"2026-01-01T00:00:00Z","batch":\#(events),"context":{"library":{"name":"x"}}}"#)
        let lines = sent.texts.compactMap { JSONValue($0) }
        #expect(
            lines.map { $0["sentAt"] } == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"])
        #expect(lines.map { $0["context.library.name"] } == ["x", nil, "x"] && lines[1]["context.own"] == "1")
        let wrong = try Reading.batch(#"{"sentAt":"yesterday","batch":[{"event":"a"}]}"#)
        #expect(wrong.only?["sentAt"] == nil)
    }

    @Test("the address is cut and put where none is; one that an event brings is cut too")
    func address() throws {
        var origin = Origin()
        origin.address = Array("192.0.2.0".utf8)
        let sent = try Reading.batch(
            #"{"batch":[{"event":"a"},{"event":"b","context":{"ip":"203.0.113.77","x":1}},{"event":"c","context":{}}]}"#,
            origin)
        let lines = sent.texts.compactMap { JSONValue($0) }
        #expect(lines.map { $0["context.ip"] } == ["192.0.2.0", "203.0.113.0", "192.0.2.0"])
        #expect(lines[1]["context.x"] == "1")
        origin.anonymizes = false
        let whole = try Reading.event(#"{"event":"b","context":{"ip":"203.0.113.77"}}"#, .track, origin)
        #expect(whole.only?["context.ip"] == "203.0.113.77")
    }

    @Test("under Global Privacy Control ids, traits, address and agent are left out, and the rest stays")
    func privacy() throws {
        var origin = Origin()
        origin.isPrivate = true
        origin.isBrowser = true
        origin.address = Array("192.0.2.0".utf8)
        origin.userAgent = Array("Mozilla".utf8)
        let text =
            #"{"event":"e","anonymousId":"a","userId":"u","previousId":"p","groupId":"g","traits":{"email":"x"},"#
            + #""context":{"ip":"1.2.3.4","userAgent":"Mozilla","traits":{"a":1},"device":{"id":"d"},"locale":"de"},"#
            + #""properties":{"p":1}}"#
        let line = try Reading.event(text, .track, origin).only
        for name in [
            "anonymousId", "userId", "previousId", "groupId", "traits", "context.ip", "context.userAgent",
            "context.traits", "context.device",
        ] { #expect(line?[name] == nil, "\(name)") }
        #expect(line?["context.locale"] == "de" && line?["properties.p"] == "1" && line?["event"] == "e")
        let bare = try Reading.event(#"{"event":"e","anonymousId":"a"}"#, .track, origin).only
        #expect(bare?["context"] == nil && bare?["anonymousId"] == nil)
    }

    @Test("a robot's event says so and is nobody's; the agent in the event counts before the request's")
    func robots() throws {
        var origin = Origin()
        origin.userAgent = Array("Mozilla/5.0 (compatible; Googlebot/2.1)".utf8)
        let robot = try Reading.event(#"{"event":"e","anonymousId":"a","context":{"robot":false}}"#, .track, origin)
        #expect(robot.only?["context.robot"] == "true" && robot.only?["anonymousId"] == nil)
        #expect(robot.texts[0].components("\"robot\"") == 1)
        let bare = try Reading.event(#"{"event":"e","userId":"a"}"#, .track, origin)
        #expect(bare.only?["context.robot"] == "true" && bare.only?["userId"] == nil)
        let person = try Reading.event(
            #"{"event":"e","anonymousId":"a","context":{"userAgent":"Mozilla/5.0 (X11)"}}"#, .track, origin)
        #expect(person.only?["context.robot"] == nil && person.only?["anonymousId"] == "a")
    }

    @Test("one bad event in a batch is refused alone, each kind under its code")
    func oneBad() throws {
        let deep = String(repeating: #"{"a":"#, count: 70) + "1" + String(repeating: "}", count: 70)
        let large = #"{"event":"\#(String(repeating: "x", count: 33_000))"}"#
        let bad: [(String, String)] = [
            ("1e999", "bad_number"), ("5", "not_object"), ("", "not_json"), (#"{"a":}"#, "not_json"),
            (#"{"a":1]"#, "not_json"), ("{} {}", "not_json"), (#"{"a":01}"#, "not_json"), (deep, "too_deep"),
            (large, "too_large"), (#"{"a":"\ud800"}"#, "not_json"), ("nul", "not_json"),
        ]
        for (text, code) in bad {
            let sent = try Reading.batch(#"{"batch":[{"event":"a"},\#(text),{"event":"b"}]}"#)
            let name = text.prefix(30)
            #expect(sent.received == 3 && sent.indices == [0, 2] && sent.texts.count == 2, "\(name)")
            #expect(sent.refused.map(\.fault.code) == [code] && sent.refused.map(\.index) == [1], "\(name)")
        }
    }

    @Test(
        "what is no batch is refused as a whole",
        arguments: [
            "", " ", "{", "[]", "{}", #"{"batch":{}}"#, #"{"batch":[}"#, #"{"batch":[]"#, #"{"batch":[]} x"#,
            #"{"batch":[],"batch":[]}"#, #"{"batch":[],"sentAt":}"#, #"{"batch":[{"a":"#, #"{"batch":[{}}"#, "nope",
            #"{"batch":[],"x":01}"#, #"{"batch":null}"#, "\u{0}", #"{"a":{"batch":[]}}"#,
        ])
    func noBatch(_ text: String) {
        #expect(throws: EventFault.self) { try Reading.batch(text) }
    }

    @Test("an empty batch is a batch")
    func empty() throws {
        let sent = try Reading.batch(" { \"batch\" : [ ] } ")
        #expect(sent.received == 0 && sent.lines.isEmpty)
    }
}

extension String {
    /// How often `text` is in it.
    func components(_ text: String) -> Int {
        let all = Array(utf8)
        let wanted = Array(text.utf8)
        guard all.count >= wanted.count else { return 0 }
        return (0...all.count - wanted.count).filter { all[$0...].starts(with: wanted) }.count
    }
}
