import Events
import Linux
import Pipeline
import Testing

@Suite struct EventPackerTests {
    private static let ours = #""receivedAt":"2026-11-23T09:00:00.000Z","host":"h1","#

    private func packed(_ line: String) throws -> Unpacked {
        var packing = try Packing()
        let batch = packing.batch([line])
        return try #require(batch.events.first, "\(line)")
    }

    @Test("what is stored are the sender's own bytes with clickd's fields in front")
    func exactBytes() throws {
        let line = #" { "event" : "x", "messageId":"m1" ,"odd":[1, 2.50,{"y":null}], "u":"\u00e9é"  } "#
        let event = try packed(line)
        #expect(
            event.value == "{" + Self.ours
                + #" "event" : "x", "messageId":"m1" ,"odd":[1, 2.50,{"y":null}], "u":"\u00e9é"  }"#)
        #expect(event.key == "m1")
        #expect(event.index == 0)
    }

    @Test("an event without messageId gets one, the same in key and value, never twice")
    func generated() throws {
        var packing = try Packing()
        let batch = packing.batch([#"{"event":"x"}"#, #"{"event":"x"}"#, #"{"event":"x","userId":"u"}"#])
        let events = batch.events
        try #require(events.count == 3)
        let first = events[0].key
        #expect(first.count == 34 && first.hasSuffix("-0"))
        #expect(events[0].value == #"{"messageId":"\#(first)",\#(Self.ours)"event":"x"}"#)
        #expect(events[1].key == first.dropLast() + "1")
        #expect(events[2].key == "u:u")
        #expect(events[2].value == #"{"messageId":"\#(first.dropLast())2",\#(Self.ours)"event":"x","userId":"u"}"#)
        var other = try Packing()
        #expect(other.batch([#"{"event":"x"}"#]).events.first?.key != first)
    }

    @Test("a sender's own receivedAt and host are dropped, however they are written and wherever they stand")
    func ownFieldsDropped() throws {
        for line in [
            #"{"receivedAt":1,"event":"x","messageId":"m"}"#, #"{"event":"x","messageId":"m","host":{"a":[1,"}"]}}"#,
            #"{"h\u006fst":"evil","event":"x","\u0072eceivedAt":"},{","messageId":"m"}"#,
            #"{"host":1,"host":2,"receivedAt":3,"event":"x","receivedAt":null,"messageId":"m","host":"\\\""}"#,
            #"{ "event":"x" , "host" : "a,\"b" , "messageId":"m" }"#,
        ] {
            let value = try packed(line).value.filter { $0 != " " }
            #expect(value == "{" + Self.ours + #""event":"x","messageId":"m"}"#, "\(line)")
        }
        // Inside an object the names are the sender's.
        let inside = try packed(#"{"event":"x","messageId":"m","host":1,"properties":{"host":1,"receivedAt":2}}"#)
        #expect(inside.value.hasSuffix(#","properties":{"host":1,"receivedAt":2}}"#))
    }

    @Test("the key is the visitor, else the messageId, unescaped")
    func keys() throws {
        let events = [
            (#""anonymousId":"a","userId":"u""#, "a:a"), (#""userId":"u\u0041""#, "u:uA"),
            (#""anonymousId":"","userId":"u""#, "u:u"), (#""anonymousId":null"#, "m"), (#""anonymousId":-5"#, "a:-5"),
            (#""userId":18446744073709551615"#, "u:18446744073709551615"), (#""anonymousId":"ü""#, "a:ü"),
        ]
        for (fields, key) in events {
            #expect(try packed(#"{"event":"x","messageId":"m",\#(fields)}"#).key == key)
        }
    }

    @Test("a host name is quoted as JSON needs it")
    func host() throws {
        var packing = try Packing(host: "a\"b\\c")
        #expect(packing.batch([#"{"event":"x"}"#]).events.first?.value.contains(#""host":"a\"b\\c","#) == true)
    }

    @Test("every reason to refuse has its code, and takes no room")
    func rejections() throws {
        var packing = try Packing(maxEventBytes: 4096)
        let deep = String(repeating: "[", count: 65) + "1" + String(repeating: "]", count: 65)
        let lines: [(String, Rejection)] = [
            ("", .notJSON), ("{", .notJSON), (#"{"event":"x"} 1"#, .notJSON), (#"{"event":tru}"#, .notJSON),
            (#"{"event":"x","a":01}"#, .notJSON), (#"{"event":"x","a":"\ud800"}"#, .notJSON),
            ("[]", .notObject), ("5", .notObject), ("null", .notObject),
            (#"{"event":"x","a":\#(deep)}"#, .tooDeep), (#"{"event":"x","a":18446744073709551616}"#, .badNumber),
            (#"{"event":"x","a":1e400}"#, .badNumber), (#"{"event":""}"#, .badField), ("{}", .badField),
            (#"{"event":"x","messageId":"1","messageId":"1"}"#, .badField), (#"{"event":"x","a":{"":1}}"#, .badField),
            (#"{"event":"\#(String(repeating: "x", count: 5000))"}"#, .tooLarge),
        ]
        let batch = EventBatch(capacity: packing.packer.batchCapacity)
        for (line, expected) in lines {
            #expect(packing.pack(line, into: batch) == expected, "\(line.prefix(60))")
        }
        #expect(packing.pack(Array(#"{"event":"x","a":"#.utf8) + [0x22, 0xFF, 0x22, 0x7D], into: batch) == .notUTF8)
        #expect(batch.byteCount == 0)
        #expect(batch.eventCount == 0)
        // `full` is the outbox's; every other reason came from a line.
        let seen = Set(lines.map(\.1) + [.notUTF8, .full])
        #expect(seen.count == Rejection.allCases.count)
    }

    @Test("the largest event fits the room that is asked for, whatever is in it")
    func room() throws {
        var packing = try Packing(maxEventBytes: 2000)
        // The visitor stands in the key too; an id that the event lacks, and what is ours, come on top.
        let long = String(repeating: "v", count: 1800)
        let own = String(repeating: "m", count: 128)
        let escaped = String(repeating: "\\u0076", count: 300)
        for fields in [
            "", #","anonymousId":"\#(long)""#, #","userId":"\#(long)""#, #","messageId":"\#(own)","userId":"\#(long)""#,
            #","anonymousId":"\#(escaped)""#, #","properties":{"p":"\#(long)"}"#,
        ] {
            let line = #"{"event":"x"\#(fields)}"#
            let batch = EventBatch(capacity: packing.packer.roomNeeded(line.utf8.count))
            #expect(packing.pack(line, into: batch) == nil, "\(line.prefix(60))")
            // Written beyond it, less than nothing would be left.
            #expect(batch.eventCount == 1 && batch.hasRoom(0), "\(line.prefix(60))")
        }
    }
}
