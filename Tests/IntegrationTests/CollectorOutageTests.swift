// clickd away, full, killed, and clickd-web killed, while clients send: no 200 that is not true, and in the end every
// acknowledged event once.
import Linux
import TestSupport
import Testing

@Suite("Collector in trouble", .waiting, .enabled(if: Servers.areThere), .serialized) struct CollectorOutageTests {
    @Test("without clickd the answer is 503 with a time to wait; when it is back, 200 again")
    func away() throws {
        let (daemon, web) = try collector()
        let client = try web.client()
        #expect(client.post("/v1/track", #"{"event":"e"}"#)?.status == 200)
        #expect(daemon.stop() == 0)
        eventually(within: 5, "503") {
            let answer = client.post("/v1/track", #"{"event":"e","messageId":"away"}"#)
            return answer?.status == 503 && answer?.headers["retry-after"] != nil
        }
        #expect(client.request("GET", "/healthz")?.status == 503)
        #expect(try web.metric("clickd_web_link_up") == 0)
        try daemon.start()
        eventually(within: 10, "200 again") {
            client.post("/v1/track", #"{"event":"e","messageId":"back"}"#)?.status == 200
        }
        _ = try daemon.document("back")
    }

    @Test("a full outbox is 429 with the time to wait, refused or waited for", arguments: ["refuse", "wait"])
    func full(whenFull: String) throws {
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1",
            intake: "when_full = \"\(whenFull)\"", outbox: "max_bytes = \"4 MiB\"")
        try daemon.start()
        let web = try TestWeb(daemon)
        try web.start()
        let client = try web.client(seconds: 30)
        // Random digits, or packing would make room.
        var answer: HTTPAnswer?
        for _ in 0..<400 {
            let events = (0..<10).map { _ in #"{"event":"e","p":"\#(Files.randomHex(bytes: 10_000))"}"# }
            answer = client.post("/v1/batch", #"{"batch":[\#(events.joined(separator: ","))]}"#)
            if answer?.status != 200 { break }
        }
        #expect(answer?.status == 429 && answer?.text.contains("\"full\"") == true)
        #expect(answer?.headers["retry-after"] == "5" && answer?.headers["x-ratelimit-reset"] == "5")
        let start = Monotonic.now
        #expect(client.post("/v1/track", #"{"event":"e","p":"\#(Files.randomHex(bytes: 10_000))"}"#)?.status == 429)
        #expect(Monotonic.seconds(from: start, to: .now) < 15, "who comes later is told at once")
        #expect(web.stop() == 0)
    }

    @Test("clickd and clickd-web are killed again and again: each 200 is an event in MongoDB, and repeats are one")
    func kills() throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let web = try TestWeb(daemon)
        try web.start()
        let acknowledged = Guarded(Set<String>())
        let isOver = Guarded(false)
        let port = web.port
        let senders = try (0..<4).map { sender in
            try NamedThread.start("sender") {
                var client: HTTPClient?
                var number = 0
                while true {
                    let ids = (0..<20).map { "s\(sender)-\(number)-\($0)" }
                    let events = ids.map { event($0) }.joined(separator: ",")
                    if client == nil { client = try? HTTPClient(port: port, seconds: 5) }
                    let answer = client?.post("/v1/batch", #"{"batch":[\#(events)]}"#)
                    if answer?.status == 200 {
                        acknowledged.withLock { $0.formUnion(ids) }
                        number += 1
                        if isOver.withLock({ $0 }) { return }
                    } else {
                        // The same batch again, as libraries do.
                        if answer == nil { client = nil }
                        usleep(20_000)
                    }
                }
            }
        }
        for round in 0..<environmentNumber("CLICKD_KILLS", else: 6) {
            usleep(UInt32.random(in: 100_000..<700_000))
            if round % 2 == 0 {
                daemon.kill()
                try daemon.start(waits: false)
            } else {
                web.kill()
                try web.start(linked: false)
            }
        }
        usleep(500_000)
        isOver.withLock { $0 = true }
        for sender in senders { sender.join() }
        let ids = acknowledged.withLock { $0 }
        #expect(ids.count > 500)
        // Batches whose answer was lost were repeated until one came, so that all ids are acknowledged.
        try Arrival.expect(ids, in: daemon, within: 60)
        Arrival.settled(daemon)
        #expect(web.stop() == 0 && daemon.stop() == 0)
    }
}
