// The wire protocol as docs/wire-protocol.md promises it: datagrams, and the bytes that are stored.
import Linux
import TestSupport
import Testing

@Suite("Wire protocol: datagrams", .waiting) struct DatagramTests {
    @Test("one event or several a datagram, LF between them, over Unix and UDP")
    func several() throws {
        let daemon = try lonelyDaemon()
        for socket in [try Datagrams(unix: daemon.datagramSocket), try Datagrams(udpPort: daemon.udpPort)] {
            socket.send(event("1"))
            socket.send(event("1") + "\n")
            socket.send(event("1") + "\r\n\r\n \n" + event("2") + "\n[]\n" + event("3"))
            socket.send("")
            socket.send("\n")
        }
        daemon.hasBalance(received: 12, rejected: 2)
    }

    @Test("a syslog header in front of the event is skipped")
    func syslog() throws {
        let daemon = try lonelyDaemon()
        let tail = try Tail(daemon)
        let headers = [
            "<13>", "<13>Oct 11 22:14:15 host shop[12]: ", "<190>1 2026-01-01T00:00:00.000Z host shop 12 ID47 - ",
            "<14>nginx: ", "<165>1 - - - - - - \u{FEFF}",
        ]
        for (kind, socket) in [
            ("unix", try Datagrams(unix: daemon.datagramSocket)), ("udp", try Datagrams(udpPort: daemon.udpPort)),
        ] {
            for (index, header) in headers.enumerated() { socket.send(header + event("\(kind)-\(index)")) }
        }
        for kind in ["unix", "udp"] {
            let lines = tail.lines(headers.count, with: "\"messageId\":\"\(kind)-")
            #expect(lines.count == headers.count)
            #expect(lines.allSatisfy { $0.hasPrefix("{\"receivedAt\"") && $0.hasSuffix("}") })
        }
        let before = daemon.status()?.rejected ?? -1
        try Datagrams(unix: daemon.datagramSocket).send("<13>no event at all")
        eventually(within: 5, "one more is rejected") { daemon.status()?.rejected == before + 1 }
    }

    @Test("a header is skipped on datagrams only")
    func streamHasNoHeader() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        client.send("<13>" + event("a") + "\n")
        #expect(client.answers(upTo: 1).first?.hasPrefix("NO 1 not_json ") == true)
    }
}

@Suite("Wire protocol: what is stored", .waiting) struct StoredBytesTests {
    @Test("the sender's bytes are kept as they are, with receivedAt and host in front")
    func front() throws {
        let daemon = try lonelyDaemon(extra: "[host]\nname = \"web-\\\"1\"")
        let tail = try Tail(daemon)
        let client = try StreamClient(daemon.streamSocket)
        let rest =
            #"  "event" : "e\u0065é",  "messageId":"keep-1", "properties":{"b":1.50,"a":[1, 2],"b":1e2} , "z":null}"#
        client.send("  {" + rest + "  \n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let line = try #require(tail.lines(1, with: "keep-1").first)
        let pattern = try Regex(
            #"\{"receivedAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","host":"web-\\"1","#)
        let match = try #require(line.prefixMatch(of: pattern), "\(line)")
        #expect(String(line[match.range.upperBound...]) == rest)
    }

    @Test("a sender's own receivedAt and host are dropped, however they are written, wherever they stand")
    func ours() throws {
        let daemon = try lonelyDaemon(extra: "[host]\nname = \"me\"")
        let tail = try Tail(daemon)
        let client = try StreamClient(daemon.streamSocket)
        let lines = [
            #"{"host":"evil","event":"e","messageId":"own-1","x":{"host":"inner"}}"#,
            #"{"event":"e","receivedAt":"1999-01-01T00:00:00Z","messageId":"own-2","host":{"a":["}",{"b":1}]}}"#,
            #"{"event":"e","messageId":"own-3","h\u006fst":"evil","receivedAt":1,"host":"evil","receivedAt":2}"#,
            #"{"receivedAt":null , "host" : [1,"\"],"] ,"event":"e","messageId":"own-4"}"#,
        ]
        client.send(lines.joined(separator: "\n") + "\n")
        #expect(client.answers(upTo: 4).last == "OK 4")
        let stored = tail.lines(4, with: "own-").map { line in
            let front = line.firstRange(of: "Z\",\"host\":\"me\",")
            return front.map { String(line[$0.upperBound...]) } ?? line
        }
        #expect(
            stored == [
                #""event":"e","messageId":"own-1","x":{"host":"inner"}}"#, #""event":"e","messageId":"own-2"}"#,
                #""event":"e","messageId":"own-3"}"#, #""event":"e","messageId":"own-4"}"#,
            ])
    }

    @Test("an event without messageId gets one, never the same twice, over restarts too")
    func generated() throws {
        let daemon = try lonelyDaemon()
        var ids: [Substring] = []
        for _ in 0..<2 {
            let tail = try Tail(daemon)
            let client = try StreamClient(daemon.streamSocket)
            client.send(String(repeating: #"{"event":"gen"}"# + "\n", count: 500))
            #expect(client.answers(upTo: 500).last == "OK 500")
            let lines = tail.lines(500, with: "\"gen\"")
            #expect(lines.allSatisfy { $0.hasPrefix("{\"messageId\":\"") })
            ids += lines.map { $0.dropFirst(14).prefix { $0 != "\"" } }
            #expect(daemon.stop() == 0)
            try daemon.start()
        }
        #expect(ids.count == 1000)
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { (1...128).contains($0.utf8.count) })
    }
}
