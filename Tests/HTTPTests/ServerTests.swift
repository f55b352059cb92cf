// The server on its own, over real sockets.
import HTTP
import Linux
import TestSupport
import Testing

/// A server for one test; `/later` is answered by another thread, `/echo` with the body, `/together` once 200 have come.
private func withServer(
    _ change: (inout Server.Limits) -> Void = { _ in }, _ body: (Server, Int) throws -> Void
) throws {
    var limits = Server.Limits()
    limits.bodyBytes = 100_000
    change(&limits)
    let port = Ports.one()
    let threads = Guarded<[NamedThread]>([])
    let gathered = Guarded<[Request]>([])
    let server = try Server(
        host: "127.0.0.1", port: UInt16(port), threads: 2, limits: limits,
        refuse: { refusal, _ in .text(refusal == .bodyTooLarge ? 413 : 400, "\(refusal)") },
        handler: { request in
            switch request.path {
            case "/later":
                return .later { request in
                    let thread = try? NamedThread.start("later") {
                        usleep(UInt32(request.argument("us") ?? "0") ?? 0)
                        request.answer(.text(200, "later"))
                        request.answer(.text(500, "twice"))
                    }
                    if let thread { threads.withLock { $0.append(thread) } }
                }
            case "/together":
                return .later { request in
                    let all = gathered.withLock { waiting -> [Request] in
                        waiting.append(request)
                        guard waiting.count == 200 else { return [] }
                        defer { waiting = [] }
                        return waiting
                    }
                    for request in all { request.answer(.text(200, "together")) }
                }
            case "/echo": return .now(Response(200, body: Array(request.body)))
            default: return .now(.text(404, request.path))
            }
        })
    try body(server, port)
    #expect(server.stop(seconds: 10))
    for thread in threads.withLock({ $0 }) { thread.join() }
}

@Suite("HTTP server", .waiting, .serialized) struct ServerTests {
    @Test("a request that is answered later, from another thread, gets its one answer, at once or after a while")
    func later() throws {
        try withServer { _, port in
            let client = try HTTPClient(port: port)
            for round in 0..<200 {
                let answer = client.request("GET", "/later?us=\(round % 10 == 0 ? 2000 : 0)")
                #expect(answer?.status == 200 && answer?.text == "later")
            }
        }
    }

    @Test("many wait at once without a thread each, and all are answered")
    func many() throws {
        try withServer { server, port in
            let clients = try (0..<200).map { _ in try HTTPClient(port: port) }
            // None is answered before all have come: a thread each would have to be 200, and there are two.
            for client in clients { client.send("GET /together HTTP/1.1\r\nHost: h\r\n\r\n") }
            for client in clients {
                let answer = client.answer()
                #expect(answer?.status == 200 && answer?.text == "together")
            }
            #expect(server.counts.first { $0.status == 200 }?.count == 200)
        }
    }

    @Test("a body comes whole, of known length or in pieces; one beyond the limit is refused")
    func bodies() throws {
        try withServer { _, port in
            let client = try HTTPClient(port: port)
            let body = (0..<90_000).map { UInt8($0 % 251) }
            #expect(client.request("POST", "/echo", body: body)?.body == body)
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in stride(from: 0, to: body.count, by: 9000) {
                client.send(Array("2328\r\n".utf8) + body[start..<start + 9000] + Array("\r\n".utf8))
            }
            client.send("0\r\n\r\n")
            #expect(client.answer()?.body == body)
            #expect(client.request("POST", "/echo", body: [UInt8](repeating: 1, count: 100_001))?.status == 413)
            #expect(client.request("POST", "/echo", body: [])?.status == 200, "the connection lives on")
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n")
            #expect(client.answer()?.status == 413 && client.isClosed)
        }
    }

    @Test("every answer carries the security headers")
    func headers() throws {
        try withServer { _, port in
            let client = try HTTPClient(port: port)
            // One that is there, one that is not, one that comes later, one that refuses.
            for (method, path, bytes, status) in [
                ("POST", "/echo", 5, 200), ("GET", "/x", 0, 404), ("GET", "/later", 0, 200),
                ("POST", "/echo", 100_001, 413),
            ] {
                let answer = client.request(method, path, body: [UInt8](repeating: 1, count: bytes))
                #expect(answer?.status == status, "\(method) \(path)")
                #expect(
                    answer?.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'",
                    "\(method) \(path)")
                #expect(answer?.headers["x-content-type-options"] == "nosniff", "\(method) \(path)")
                #expect(
                    answer?.headers["referrer-policy"] == "strict-origin-when-cross-origin", "\(method) \(path)")
            }
        }
    }

    @Test(
        "a client that sends nothing, or a byte now and then, is ended: before its request, in its headers, in its body",
        arguments: ["", "GET / HTTP/1.1\r\nX: ", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n"])
    func slow(front: String) throws {
        try withServer {
            $0.headerSeconds = 1
            $0.bodySeconds = 1
            $0.idleSeconds = 2
        } _: { server, port in
            let client = try HTTPClient(port: port)
            client.send(front)
            let start = Monotonic.now
            // Until nobody takes it any more.
            while !front.isEmpty, Monotonic.seconds(from: start, to: .now) < 40, client.send("x") { usleep(200_000) }
            #expect(client.isClosed)
            eventually(within: 5, "it is let go of") { server.connections == 0 }
        }
    }

    @Test("a stop does not wait for idle clients")
    func stop() throws {
        let start = Monotonic.now
        var clients: [HTTPClient] = []
        try withServer { _, port in
            clients = try (0..<50).map { _ in try HTTPClient(port: port) }
            #expect(clients[0].request("GET", "/x")?.status == 404)
        }
        #expect(Monotonic.seconds(from: start, to: .now) < 20)
    }

    @Test("an address in use is an error that says so")
    func inUse() throws {
        try withServer { _, port in
            #expect {
                _ = try Server(
                    host: "127.0.0.1", port: UInt16(port), threads: 1, refuse: { _, _ in .text(400, "") },
                    handler: { _ in .now(.text(200, "")) })
            } throws: { ($0 as? SystemError)?.code == EADDRINUSE }
        }
    }
}

@Suite("gzip", .waiting) struct GzipTests {
    private func inflate(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        var output: [UInt8] = []
        var result: Result<Int, GzipError> = .failure(.notGzip)
        bytes.withUnsafeBytes { input in
            result = Result { () throws(GzipError) in
                try Gzip.inflate(input, into: &output, limit: limit, padding: 64)
            }
        }
        return Array(output[..<(try result.get())])
    }

    @Test("what was packed comes back, up to the limit and not beyond")
    func limit() throws {
        let text = (0..<5000).map { UInt8($0 % 7) }
        let packed = try #require(Gzip.deflate(text))
        #expect(try inflate(packed, limit: 5000) == text)
        #expect(throws: GzipError.tooLarge) { try inflate(packed, limit: 4999) }
        let bomb = try #require(Gzip.deflate([UInt8](repeating: 0, count: 50_000_000)))
        #expect(throws: GzipError.tooLarge) { try inflate(bomb, limit: 512_000) }
    }

    @Test("what is cut, damaged, followed by more, or no gzip at all is refused")
    func damaged() throws {
        let packed = try #require(Gzip.deflate(Array("hello hello hello".utf8)))
        var flipped = packed
        flipped[packed.count - 5] ^= 1
        for bytes in [Array(packed.dropLast()), packed + [0], packed + packed, flipped, [], Array("hello".utf8)] {
            #expect(throws: GzipError.notGzip) { try inflate(bytes, limit: 1000) }
        }
    }
}
