// Another messageId in an event's text.
import Events
import Testing

@Suite struct MessageIDTests {
    @Test(
        "only the event's own messageId is replaced, every other byte stays",
        arguments: [
            (#"{"messageId":"a","event":"e"}"#, #"{"messageId":"n","event":"e"}"#),
            (
                #"{ "event" : "e\"messageId\":", "p":{"messageId":"x"} , "messageId" : "a\"}" }"#,
                #"{ "event" : "e\"messageId\":", "p":{"messageId":"x"} , "messageId":"n" }"#
            ),
            (#"{"message\u0049d":"a"}"#, #"{"messageId":"n"}"#),
        ])
    func replaced(text: String, wanted: String) throws {
        let found = try #require(MessageID.replace(in: Array(text.utf8), by: "n"))
        #expect(String(decoding: found, as: UTF8.self) == wanted)
    }

    @Test("what has none, or is no object, is left alone", arguments: [#"{"event":"e"}"#, "[]", "x", ""])
    func none(text: String) { #expect(MessageID.replace(in: Array(text.utf8), by: "n") == nil) }
}
