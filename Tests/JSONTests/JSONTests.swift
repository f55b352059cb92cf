import JSON
import Testing

@Suite struct JSONParserTests {
    func fault(_ text: some Collection<UInt8>) throws -> JSONFault? {
        let parser = try JSONParser.make(capacity: 65536, maxDepth: 64)
        do { try parser.parse(copying: text) { _ in } } catch let fault as JSONFault { return fault }
        return nil
    }

    @Test(
        "what is not JSON is refused with its reason",
        arguments: [
            ("", JSONFault.notJSON), ("{", .notJSON), ("{} x", .notJSON), ("{}{}", .notJSON), ("{\"a\":tru}", .notJSON),
            ("{\"a\":01}", .notJSON), ("{\"a\":1.}", .notJSON), ("{\"a\":+1}", .notJSON), ("{\"a\":-}", .notJSON),
            ("{\"a\":\"\\ud800\"}", .notJSON), ("{\"a\":\"\\udc00\"}", .notJSON),
            ("{\"a\":\"\\udc00\\ud800\"}", .notJSON),
            ("{\"a\":\"\u{1}\"}", .notJSON), ("{'a':1}", .notJSON), ("{\"a\":1,}", .notJSON), ("{\"a\":NaN}", .notJSON),
            ("{\"a\":1e400}", .badNumber), ("{\"a\":18446744073709551616}", .badNumber),
            ("{\"a\":-9223372036854775809}", .badNumber), ("{\"a\":\"\\\"1.\",\"b\":1e999}", .badNumber),
        ])
    func refused(text: String, expected: JSONFault) throws {
        #expect(try fault(Array(text.utf8)) == expected)
    }

    @Test("bytes that are not UTF-8 are named so, whatever else is wrong")
    func notUTF8() throws {
        #expect(try fault(Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)) == .notUTF8)
        #expect(try fault(Array("{\"a\":".utf8) + [0xC3]) == .notUTF8)
        #expect(try fault(Array("{\"a\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8)) == .notUTF8)
    }

    @Test("a depth of 64 is taken, 65 refused")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)).utf8)
        }
        #expect(try fault(nested(64)) == nil)
        #expect(try fault(nested(65)) == .tooDeep)
        #expect(try fault(nested(1000)) == .tooDeep)
        let objects = String(repeating: "{\"a\":", count: 64) + "1" + String(repeating: "}", count: 64)
        #expect(try fault(Array(objects.utf8)) == nil)
    }

    @Test("the tape gives back every kind of value, unescaped")
    func walk() throws {
        let parser = try JSONParser.make(capacity: 4096, maxDepth: 64)
        let text =
            #"{"s":"a\"\u00e9\ud83d\ude00\u0000","i":-5,"u":18446744073709551615,"d":1.5,"t":true,"f":false,"n":null,"o":{"x":[1,[2],{}]},"s2":"z"}"#
        try parser.parse(copying: text.utf8) { tape in
            var keys: [String] = []
            var kinds: [JSONKind] = []
            tape.members(of: tape.top) { key, value in
                keys.append(String(decoding: key, as: UTF8.self))
                kinds.append(tape.kind(value))
            }
            #expect(keys == ["s", "i", "u", "d", "t", "f", "n", "o", "s2"])
            #expect(kinds == [.string, .integer, .unsigned, .double, .true, .false, .null, .object, .string])
            let s = try #require(tape.member("s", of: tape.top))
            #expect(String(decoding: tape.string(s), as: UTF8.self) == "a\"\u{e9}\u{1F600}\0")
            #expect(tape.integer(try #require(tape.member("i", of: tape.top))) == -5)
            #expect(tape.unsigned(try #require(tape.member("u", of: tape.top))) == .max)
            #expect(tape.double(try #require(tape.member("d", of: tape.top))) == 1.5)
        }
    }
}

@Suite struct JSONWriterTests {
    @Test("what the writer writes, the parser reads back")
    func roundTrip() throws {
        var writer = JSONWriter()
        writer.object { o in
            o.member("a\"\\\n\u{1}é", "v\t")
            o.key("list");
            o.array { a in
                a.integer(1); a.double(.nan); a.bool(true)
            }
            o.member("none", nil as String?)
        }
        #expect(writer.text == #"{"a\"\\\u000a\u0001é":"v\u0009","list":[1,null,true],"none":null}"#)
        let parser = try JSONParser.make(capacity: 4096, maxDepth: 8)
        try parser.parse(copying: writer.bytes) { tape in
            let value = try #require(tape.member("a\"\\\n\u{1}é", of: tape.top))
            #expect(String(decoding: tape.string(value), as: UTF8.self) == "v\t")
        }
    }
}
