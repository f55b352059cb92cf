// What no honest client sends: floods, contradictions, half requests. Each gets the right code, and those beside it theirs.
import Linux
import TestSupport
import Testing

@Suite("Collector under abuse", .waiting, .enabled(if: Servers.areThere), .serialized) struct CollectorAbuseTests {
    @Test("addresses of 64 KB, floods of headers and broken requests are refused, and the next client is served")
    func floods() throws {
        let (_, web) = try collector()
        let front = "POST /v1/track HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        let body = #"{"event":"smuggled"}"#
        let bad: [(String, String, Set<Int>)] = [
            (
                "64 KB address",
                "GET /v1/pixel.gif?event=\(String(repeating: "x", count: 65_536)) HTTP/1.1\r\nHost: h\r\n\r\n",
                [400, 414, 431]
            ),
            (
                "one long header",
                "GET /healthz HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 65_536))\r\n\r\n",
                [400, 413, 431]
            ),
            (
                "many headers",
                "GET /healthz HTTP/1.1\r\nHost: h\r\n" + (0..<5000).map { "X-\($0): y\r\n" }.joined() + "\r\n",
                [400, 413, 431]
            ),
            ("no host", "GET /healthz HTTP/1.1\r\n\r\n", [400]),
            ("two hosts", "GET /healthz HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", [400]),
            ("two lengths", front + "Content-Length: 5\r\nContent-Length: 20\r\n\r\n" + body, [400]),
            ("the same length twice", front + "Content-Length: 20\r\nContent-Length: 20\r\n\r\n" + body, [400]),
            ("length and chunks", front + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
            ("chunks and length", front + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", [400]),
            (
                "two encodings", front + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                [400]
            ),
            ("unknown encoding", front + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", [400]),
            ("space before colon", front + "Transfer-Encoding : chunked\r\nContent-Length: 20\r\n\r\n" + body, [400]),
            ("length with sign", front + "Content-Length: +20\r\n\r\n" + body, [400]),
            ("negative length", front + "Content-Length: -1\r\n\r\n" + body, [400]),
            ("length of letters", front + "Content-Length: 0x14\r\n\r\n" + body, [400]),
            ("huge length", front + "Content-Length: 99999999999999999999999\r\n\r\n" + body, [400, 413]),
            ("chunk size rubbish", front + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body, [400]),
            ("chunk size huge", front + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + body, [400, 413]),
            ("chunk without end", front + "Transfer-Encoding: chunked\r\n\r\n4\r\n{}xxrubbish\r\n", [400]),
            ("not HTTP", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", [400, 505]),
        ]
        for (name, text, codes) in bad {
            let client = try web.client(seconds: 3)
            client.send(text)
            let answer = client.answer()
            // An answer, or the connection's end; a hang is a fault.
            #expect(answer.map { codes.contains($0.status) } ?? client.isClosed, "\(name): \(answer?.status ?? 0)")
            #expect(client.answer() == nil, "\(name): nothing behind it is taken for a request")
            #expect(try web.client().post("/v1/track", #"{"event":"e"}"#)?.status == 200, "\(name)")
        }
        #expect(try web.metric("clickd_web_events_stored_total") == bad.count)
        #expect(web.stop() == 0)
    }

    @Test("a thousand idle connections, and as many half requests, leave the others served and are ended in the end")
    func idle() throws {
        let (daemon, web) = try collector()
        let idle = try (0..<1000).map { number in
            let client = try web.client()
            if number % 2 == 0 { client.send("POST /v1/track HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n{") }
            return client
        }
        try eventually(within: 10, "all are taken") {
            try web.metric("clickd_web_connections", "\"listen\"") >= 1000
        }
        let client = try web.client()
        let start = Monotonic.now
        for number in 0..<200 {
            #expect(client.post("/v1/track", #"{"event":"e","messageId":"i\#(number)"}"#)?.status == 200)
        }
        #expect(Monotonic.seconds(from: start, to: .now) < 60)
        _ = try daemon.document("i199")
        try eventually(within: 45, "slow ones are ended") {
            try web.metric("clickd_web_connections", "\"listen\"") < 600
        }
        withExtendedLifetime(idle) {}
        #expect(web.stop() == 0, "a stop does not wait for them")
    }
}
