// The collector's small decisions, one by one.
import Collector
import Events
import JSON
import Linux
import Settings
import Testing
import Web

@Suite("The collector's values") struct ValueTests {
    @Test("SHA-256 gives the digests of FIPS 180-4's examples")
    func sha256() {
        func hex(_ text: String) -> String { String(decoding: SHA256.hex(Array(text.utf8)), as: UTF8.self) }
        #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test("a key is found by its text alone; a wrong one, a shorter and a longer are not")
    func keys() {
        let keys = WriteKeys([.init(name: "shop", key: Secret("abc")), .init(name: "app", key: Secret("abcd"))])
        #expect(keys.sourceMember(for: Array("abc".utf8)) == Array(#""source":"shop","#.utf8))
        #expect(keys.sourceMember(for: Array("abcd".utf8)) == Array(#""source":"app","#.utf8))
        for wrong in ["", "a", "ab", "abcabc", "abcde", "ABC"] {
            #expect(keys.sourceMember(for: Array(wrong.utf8)) == nil, "\(wrong)")
        }
        #expect(WriteKeys([]).sourceMember(for: []) == [])
    }

    @Test("Basic credentials are read as browsers and libraries send them")
    func basic() throws {
        let given = try #require(BasicCredentials.read(Array("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".utf8)))
        #expect(given.name == Array("Aladdin".utf8) && given.password == Array("open sesame".utf8))
        #expect(BasicCredentials.read(Array("basic a2V5Og".utf8))?.name == Array("key".utf8))
        for wrong in ["", "Basic", "Basic ", "Bearer a2V5Og==", "Basic !!", "Basic a2V5", "Basic a2V5Og==x"] {
            #expect(BasicCredentials.read(Array(wrong.utf8)) == nil, "\(wrong)")
        }
    }

    @Test("an address names a network: /24 or /48, and the nearest proxy's word counts")
    func addresses() throws {
        func cut(_ text: String) -> String? {
            ClientAddress.parse(text).flatMap { ClientAddress.text($0, anonymized: true) }
        }
        #expect(cut("203.0.113.77") == "203.0.113.0")
        #expect(cut("2001:db8:1:2:3:4:5:6") == "2001:db8:1::")
        #expect(cut("::ffff:203.0.113.77") == "203.0.113.0")
        #expect(cut("example.com") == nil && cut("1.2.3") == nil && cut("") == nil)
        let forwarded = try #require(ClientAddress.forwarded("6.6.6.6, 203.0.113.77"))
        #expect(ClientAddress.text(forwarded, anonymized: false) == "203.0.113.77")
        #expect(ClientAddress.forwarded("unknown") == nil)
    }

    @Test("robots are told from people and from the libraries of shops")
    func robots() {
        for agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "AdsBot-Google",
            "Mozilla/5.0 (compatible; bingbot/2.0)", "facebookexternalhit/1.1", "DuckDuckBot/1.1",
            "Baiduspider", "SomeCrawler/1",
        ] { #expect(Robots.isRobot(Array(agent.utf8)), "\(agent)") }
        for agent in [
            "", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 9; CUBOT P40)", "analytics-python/2.3", "python-requests/2.31", "curl/7.88",
            "node-fetch",
        ] { #expect(!Robots.isRobot(Array(agent.utf8)), "\(agent)") }
    }

    @Test("pages of this host and of the allowed origins may send, others not")
    func origins() {
        let some = CrossOrigin(["https://shop.example"])
        #expect(some.verdict(origin: nil, host: "h") == .own)
        #expect(some.verdict(origin: "https://shop.example", host: "h") == .allowed(0))
        #expect(some.verdict(origin: "http://h:8080", host: "h:8080") == .own)
        for wrong in ["https://shop.example.evil", "http://shop.example", "null", "", "https://h:1"] {
            #expect(some.verdict(origin: wrong, host: "h") == .refused, "\(wrong)")
        }
        #expect(CrossOrigin(["*"]).verdict(origin: "null", host: nil) == .allowed(0))
    }

    @Test("without a password only this host's own names are answered, and no proxy")
    func home() {
        for host in ["localhost", "localhost:8081", "127.0.0.1:8081", "127.9.9.9", "[::1]:8081", "LOCALHOST"] {
            #expect(ReadAccess.isAtHome(host: host, forwarding: false), "\(host)")
            #expect(!ReadAccess.isAtHome(host: host, forwarding: true), "\(host)")
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[::2]", nil] {
            #expect(!ReadAccess.isAtHome(host: host, forwarding: false), "\(host ?? "none")")
        }
    }

    @Test("ten wrong passwords shut an address out; it may try again as time passes; others are not touched")
    func tries() {
        var tries = TryLimit()
        let one = [UInt8](repeating: 0, count: 10) + [255, 255, 192, 0, 2, 1]
        let other = [UInt8](repeating: 0, count: 10) + [255, 255, 192, 0, 2, 2]
        let start = Monotonic(nanoseconds: 1_000_000_000)
        for _ in 0..<10 {
            #expect(tries.allows(one, start))
            tries.failed(one, start)
        }
        #expect(!tries.allows(one, start) && tries.allows(other, start))
        #expect(!tries.allows(one, start.adding(milliseconds: -1)))
        #expect(tries.allows(one, start.adding(milliseconds: 7000)))
        for number in 0..<20_000 {
            tries.failed([32, 1, UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 0, count: 12), start)
        }
        #expect(!tries.allows([UInt8](repeating: 9, count: 16), start), "a flood of addresses is one attacker")
    }

    @Test("a pixel's arguments are fields and properties; only counted ones are numbers")
    func pixel() throws {
        let event = Pixel.event(
            [
                ("event", "Product Viewed"), ("anonymousId", "a"), ("product_id", "007"), ("price", "12.50"),
                ("quantity", "1e9"), ("writeKey", "k"), ("q\"", "<\n>"), ("", "x"),
            ], page: "https://shop.example/p")
        let read = try #require(JSONValue(String(decoding: event, as: UTF8.self)))
        #expect(
            read["event"] == "Product Viewed" && read["anonymousId"] == "a" && read["properties.product_id"] == "007")
        #expect(read["properties.price"] == "12.5" && read["properties.quantity"] == "1e9")
        #expect(read["properties.q\""] == "<\n>" && read["properties.writeKey"] == nil)
        #expect(read["context.page.url"] == "https://shop.example/p")
    }
}

@Suite("CloudEvents") struct CloudEventTests {
    private func read(_ text: String) throws -> JSONValue? {
        try Reading.read(Array(text.utf8)) { (lines, body) throws(EventFault) in
            try lines.readCloudEvent(body, Origin())
        }.only
    }

    @Test("an event of the JSON format keeps its attributes; its id is one of source and id together")
    func structured() throws {
        let front = #"{"specversion":"1.0","type":"Product Viewed","time":"2026-01-01T00:00:00Z","#
        let one = try read(
            front + #""source":"/a","id":"1","subject":"s","anonymousid":"v","data":{"product_id":"p"}}"#)
        #expect(one?["event"] == "Product Viewed" && one?["properties.product_id"] == "p")
        #expect(one?["anonymousId"] == "v" && one?["timestamp"] == "2026-01-01T00:00:00Z")
        #expect(one?["cloudEvent.source"] == "/a" && one?["cloudEvent.subject"] == "s" && one?["source"] == nil)
        let other = try read(front + #""source":"/b","id":"1"}"#)
        let again = try read(front + #""source":"/a","id":"1","data":[1]}"#)
        #expect(one?["messageId"] == again?["messageId"] && one?["messageId"] != other?["messageId"])
        #expect(one?["messageId"]?.utf8.count ?? 999 <= 128)
    }

    @Test("data that is an event itself stays one, but for its id")
    func inside() throws {
        let event = try read(
            #"{"specversion":"1.0","id":"1","source":"/a","type":"t","time":"2026-01-01T00:00:00Z","#
                + #""data":{"event":"Product Added","messageId":"x","userId":"u","timestamp":"2025-12-31T00:00:00Z"}}"#)
        #expect(event?["event"] == "Product Added" && event?["userId"] == "u" && event?["messageId"] != "x")
        #expect(event?["timestamp"] == "2025-12-31T00:00:00Z" && event?["cloudEvent.type"] == "t")
    }

    @Test("headers with percent-encoding are attributes; a body that is no JSON is data")
    func binary() throws {
        let headers = [
            ("specversion", "1.0"), ("id", "1"), ("source", "/k%C3%A4se"), ("type", "t"), ("note", "50%"),
        ].map { (name: Array($0.0.utf8), value: Array($0.1.utf8)) }
        let sent = try Reading.read(Array("hello \"x\"".utf8)) { (lines, body) throws(EventFault) in
            let event = CloudEvent(headers: headers, contentType: "text/plain", body: body)
            try lines.readCloudEvent(event, bodyBytes: body.count, Origin())
        }
        #expect(sent.only?["cloudEvent.source"] == "/käse" && sent.only?["cloudEvent.note"] == "50%")
        #expect(sent.only?["properties.data"] == "hello \"x\"")
    }

    @Test(
        "what is no CloudEvent of version 1.0 is refused",
        arguments: [
            #"{}"#, #"{"specversion":"0.3","id":"1","source":"/a","type":"t"}"#,
            #"{"specversion":"1.0","id":"","source":"/a","type":"t"}"#,
            #"{"specversion":"1.0","id":1,"source":"/a","type":"t"}"#, #"{"specversion":"1.0","id":"1","type":"t"}"#,
            "[]", "5", "",
        ])
    func refused(_ text: String) { #expect(throws: EventFault.self) { try read(text) } }

    @Test("in a batch a bad one is refused alone")
    func batch() throws {
        let good = #"{"specversion":"1.0","id":"1","source":"/a","type":"t"}"#
        let sent = try Reading.read(Array(" [\(good), {\"x\":1}, 5, \(good)] ".utf8)) {
            (lines, body) throws(EventFault) in
            try lines.readCloudBatch(body, Origin())
        }
        #expect(sent.received == 4 && sent.indices == [0, 3] && sent.refused.map(\.index) == [1, 2])
    }
}
