// clickd-web in front of a real clickd: each way in, what is answered, and what is in MongoDB then.
import HTTP
import Linux
import Mongo
import TestSupport
import Testing

/// A daemon in direct mode and a clickd-web beside it.
func collector(web: String = "", intake: String = "") throws -> (TestDaemon, TestWeb) {
    let daemon = try TestDaemon(mode: .direct, intake: intake)
    try daemon.start()
    let web = try TestWeb(daemon, web: web, files: ["clickd.js": "1;", "shop/index.html": "<p>shop</p>"])
    try web.start()
    return (daemon, web)
}

extension TestDaemon {
    /// The stored document of `id`, waited for.
    func document(_ id: String, _ location: SourceLocation = #_sourceLocation) throws -> BSONDocument {
        let events = try events()
        var found: BSONDocument?
        try eventually(within: 20, "\(id) is in MongoDB: \(status()?.json ?? "")", sourceLocation: location) {
            found = try events.findOne(["_id": .string(id)])
            return found != nil
        }
        return try #require(found, sourceLocation: location)
    }
}

@Suite("Collector", .waiting, .enabled(if: Servers.areThere), .serialized) struct CollectorTests {
    @Test("every path of Segment's API stores an event of its type")
    func paths() throws {
        let (daemon, web) = try collector()
        let client = try web.client()
        let types = ["track", "page", "screen", "identify", "group", "alias"]
        for type in types {
            for path in [type, String(type.prefix(1))] {
                let answer = client.post("/v1/\(path)", #"{"event":"e","messageId":"\#(path)","userId":"u"}"#)
                #expect(answer?.status == 200, "\(path)")
                #expect(answer?.text == #"{"success":true,"received":1,"stored":1,"errors":[]}"#)
            }
        }
        for type in types {
            for path in [type, String(type.prefix(1))] { #expect(try daemon.document(path).string("type") == type) }
        }
        for path in ["batch", "b"] {
            let answer = client.post(
                "/v1/\(path)", #"{"batch":[{"event":"e","messageId":"in-\#(path)"},{"event":""},7]}"#)
            #expect(answer?.status == 200)
            let text = try #require(answer?.text)
            #expect(text.hasPrefix(#"{"success":true,"received":3,"stored":1,"errors":[{"index":1,"#), "\(text)")
            #expect(
                text.contains(#""code":"bad_field""#)
                    && text.contains(#"{"index":2,"messageId":null,"code":"not_object""#))
            _ = try daemon.document("in-\(path)")
        }
        #expect(client.post("/v1/nothing", "{}")?.status == 404)
        #expect(client.request("GET", "/v1/track")?.status == 405)
        #expect(try web.metric("clickd_web_events_stored_total") == 14)
        #expect(web.stop() == 0)
    }

    @Test("a key is asked for where keys are set, taken from header, body or address, and its name is the source")
    func keys() throws {
        let (daemon, web) = try collector(web: #"write_keys = { shop = "k-shop", app = "k-app" }"#)
        let client = try web.client()
        let basic = ("Authorization", "Basic ay1zaG9wOg==")
        #expect(client.post("/v1/track", #"{"event":"e","messageId":"h","source":"forged"}"#, [basic])?.status == 200)
        #expect(client.post("/v1/track", #"{"event":"e","messageId":"b","writeKey":"k-app"}"#)?.status == 200)
        #expect(client.request("GET", "/v1/pixel.gif?event=e&messageId=p&writeKey=k-shop")?.status == 200)
        for (id, source) in [("h", "shop"), ("b", "app"), ("p", "shop")] {
            #expect(try daemon.document(id).string("source") == source)
        }
        for (body, headers) in [
            (#"{"event":"e"}"#, []), (#"{"event":"e","writeKey":"k-sho"}"#, []),
            (#"{"event":"e","writeKey":"k-shop"}"#, [("Authorization", "Basic eDo=")]),
        ] {
            let answer = client.post("/v1/track", body, headers)
            #expect(answer?.status == 400 && answer?.text.contains("invalid_write_key") == true)
        }
        #expect(client.request("GET", "/v1/pixel.gif?event=e")?.status == 400)
    }

    @Test("CloudEvents arrive in each of their three forms, once for each source and id")
    func cloudEvents() throws {
        let (daemon, web) = try collector()
        let client = try web.client()
        func event(_ id: String) -> String {
            #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"Product Viewed","data":{"product_id":"p"}}"#
        }
        func send(_ type: String, _ body: String, _ headers: [(String, String)] = []) -> Int? {
            client.request("POST", "/v1/events", [("Content-Type", type)] + headers, body: Array(body.utf8))?.status
        }
        for _ in 0..<2 {
            #expect(send("application/cloudevents+json; charset=utf-8", event("1")) == 200)
            #expect(send("application/cloudevents-batch+json", "[\(event("2")),\(event("3"))]") == 200)
            #expect(
                send(
                    "application/json", #"{"product_id":"p"}"#,
                    [("ce-specversion", "1.0"), ("ce-id", "4"), ("ce-source", "/s"), ("ce-type", "Product Viewed")])
                    == 200)
        }
        #expect(send("application/json", "{}") == 400)
        let events = try daemon.events()
        try eventually(within: 20, "four are stored") { try events.count(["activity": "view_product"]) == 4 }
        eventually(within: 10, "the repeats are known") { daemon.status()?["ledger.duplicates"] == 4 }
        #expect(try events.count(["properties.product_id": "p"]) == 4)
    }

    @Test("a packed body is unpacked; a bomb, rubbish, another encoding or type is refused for good")
    func encodings() throws {
        let (daemon, web) = try collector()
        let client = try web.client()
        let json = ("Content-Type", "application/json")
        let gzip = ("Content-Encoding", "gzip")
        let packed = try #require(Gzip.deflate(Array(#"{"event":"e","messageId":"packed"}"#.utf8)))
        #expect(client.request("POST", "/v1/track", [json, gzip], body: packed)?.status == 200)
        _ = try daemon.document("packed")
        let bomb = try #require(Gzip.deflate([UInt8](repeating: 0x20, count: 100 << 20)))
        func refused(_ headers: [(String, String)], _ body: [UInt8], _ code: String) {
            let answer = client.request("POST", "/v1/batch", headers, body: body)
            #expect(
                answer?.status == 400 && answer?.text.contains("\"\(code)\"") == true, "\(code): \(answer?.text ?? "")")
        }
        refused([json, gzip], bomb, "too_large")
        refused([json, gzip], Array("{}".utf8), "not_gzip")
        refused([json, gzip], Array(packed.dropLast()), "not_gzip")
        refused([json, ("Content-Encoding", "br")], packed, "unsupported_encoding")
        refused([("Content-Type", "application/x-www-form-urlencoded")], Array("a=1".utf8), "unsupported_type")
        refused([json], Array(#"{"batch":[{"event":"e"}"#.utf8), "not_json")
        refused([json], [UInt8](repeating: 0x20, count: 600_000), "too_large")
        let large = client.post("/v1/track", #"{"event":"e","p":"\#(String(repeating: "x", count: 33_000))"}"#)
        #expect(large?.status == 400 && large?.text.contains("too_large") == true)
        #expect(client.post("/v1/track", #"{"event":"e"}"#)?.status == 200, "the connection lives on")
        let pages = try Files.read("/proc/\(web.process?.pid ?? 0)/statm").split(separator: 0x20)
        #expect((Int(String(decoding: pages[1], as: UTF8.self)) ?? .max) * 4096 < 100 << 20)
    }

    @Test("pages of allowed origins may ask and send, those of others may not, and no cookie is spoken of")
    func origins() throws {
        let (_, web) = try collector(web: #"allow_origins = ["https://shop.example"]"#)
        let client = try web.client()
        let mine = ("Origin", "https://shop.example")
        let asked = client.request("OPTIONS", "/v1/t", [mine, ("Access-Control-Request-Method", "POST")])
        #expect(asked?.status == 204 && asked?.headers["access-control-allow-origin"] == "https://shop.example")
        #expect(asked?.headers["access-control-allow-headers"]?.contains("Content-Type") == true)
        let sent = client.post("/v1/t", #"{"event":"e"}"#, [mine])
        #expect(sent?.status == 200 && sent?.headers["access-control-allow-origin"] == "https://shop.example")
        #expect(sent?.headers["access-control-allow-credentials"] == nil && sent?.headers["set-cookie"] == nil)
        let own = client.post("/v1/t", #"{"event":"e"}"#, [("Origin", "http://127.0.0.1")])
        #expect(own?.status == 200)
        let other = client.post("/v1/t", #"{"event":"e"}"#, [("Origin", "https://evil.example")])
        #expect(other?.status == 400 && other?.headers["access-control-allow-origin"] == nil)
    }

    @Test("address, agent, privacy and robots are kept as configured, behind a proxy too")
    func people() throws {
        let (daemon, web) = try collector(web: "trust_proxy = true")
        let client = try web.client()
        let front = [("X-Forwarded-For", "6.6.6.6, 203.0.113.77"), ("Sec-Fetch-Mode", "cors")]
        func send(_ id: String, _ headers: [(String, String)]) {
            let answer = client.post(
                "/v1/track", #"{"event":"e","messageId":"\#(id)","anonymousId":"v"}"#, front + headers)
            #expect(answer?.status == 200)
        }
        send("person", [("User-Agent", "Firefox")])
        send("robot", [("User-Agent", "Googlebot/2.1")])
        send("private", [("User-Agent", "Firefox"), ("Sec-GPC", "1")])
        let person = try daemon.document("person")
        #expect(person.string("context.ip") == "203.0.113.0" && person.string("context.userAgent") == "Firefox")
        #expect(person.string("visitor") == "a:v")
        let robot = try daemon.document("robot")
        #expect(robot.bool("context.robot") == true && robot.string("visitor") == nil)
        let quiet = try daemon.document("private")
        #expect(quiet.string("visitor") == nil && quiet.withView { $0["context"] == nil } == true)
    }

    @Test("the shop's drawer sees the documents of its own events only; static files do not lead out of their folder")
    func shop() throws {
        let (daemon, web) = try collector()
        let client = try web.client()
        #expect(
            client.post(
                "/v1/t", #"{"event":"e","messageId":"d","context":{"app":{"name":"clickd demonstration shop"}}}"#)?
                .status == 200)
        #expect(client.post("/v1/t", #"{"event":"e","messageId":"x"}"#)?.status == 200)
        _ = try daemon.document("d")
        _ = try daemon.document("x")
        let seen = client.request("GET", "/shop/api/event?id=d")
        #expect(seen?.status == 200 && seen?.text.contains(#""_id" : "d""#) == true)
        #expect(client.request("GET", "/shop/api/event?id=x")?.text == "null")
        #expect(client.request("GET", "/shop/api/event")?.status == 400)
        #expect(client.request("GET", "/clickd.js")?.headers["content-type"] == "text/javascript; charset=utf-8")
        #expect(client.request("GET", "/shop/product/7")?.text == "<p>shop</p>")
        let page = try #require(client.request("GET", "/shop/"))
        #expect(page.headers["content-security-policy"]?.contains("unsafe") == false)
        let again = client.request("GET", "/shop/", [("If-None-Match", page.headers["etag"] ?? "")])
        #expect(again?.status == 304)
        for path in [
            "/shop/../clickd.js", "/shop/%2e%2e/clickd.js", "/clickd.js%00", "/shop/x.js", "//etc/passwd", "/",
        ] {
            let answer = client.request("GET", path)
            // What stands behind a NUL is not looked at: then it is the script, and nothing else.
            let isScript = path == "/clickd.js%00" && answer?.status == 200 && answer?.text == "1;"
            #expect(isScript || answer?.status ?? 0 >= 300, "\(path): \(answer?.text ?? "none")")
        }
    }

    @Test("the read listener answers this host only, or whoever has the password, and shuts out who guesses")
    func access() throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let open = try TestWeb(daemon)
        try open.start()
        let reader = try open.reader()
        #expect(reader.request("GET", "/metrics")?.status == 200)
        #expect(reader.request("GET", "/metrics", [("X-Forwarded-For", "1.2.3.4")])?.status == 403)
        reader.send("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        #expect(reader.answer()?.status == 403)
        try Files.replace(daemon.folder.path + "/password", with: Array("secret\n".utf8))
        let closed = try TestWeb(
            daemon, web: "read_user = \"ann\"\nread_password_file = \"\(daemon.folder.path)/password\"")
        try closed.start()
        let asker = try closed.reader()
        let right = ("Authorization", "Basic YW5uOnNlY3JldA==")
        #expect(asker.request("GET", "/metrics")?.headers["www-authenticate"]?.hasPrefix("Basic") == true)
        #expect(asker.request("GET", "/metrics", [right])?.status == 200)
        #expect(asker.request("GET", "/healthz")?.status == 200)
        let guesses = (0..<12).map { _ in asker.request("GET", "/", [("Authorization", "Basic YW5uOng=")])?.status }
        #expect(guesses.first == 401 && guesses.last == 429)
        #expect(asker.request("GET", "/metrics", [right])?.status == 429, "a right guess is not told either")
    }

    @Test("every example of docs/http-api.md and of the README works, and what it sends is in MongoDB, once")
    func examples() throws {
        let (daemon, web) = try collector(web: #"write_keys = { shop = "k-shop" }"#)
        let result = try Command.run(
            Command.root + "/Tests/ExampleTests/http-api", [],
            environment: ["CLICKD": "http://127.0.0.1:\(web.port)", "KEY": "k-shop"])
        #expect(result.status == 0, "\(result.errors)")
        let ids = Set(result.output.split(separator: "\n").map(String.init))
        #expect(ids.count == 20)
        try Arrival.expect(ids, in: daemon, within: 20)
    }
}
