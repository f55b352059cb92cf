// An outbox at its limit while Kafka is away. A Kafka of its own.
import Linux
import Mongo
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct CappedOutboxTests {
    private static let limit = 8 << 20
    private static let events = 20_000
    private static let datagrams = 200

    @Test("an outbox at its limit: streams wait, refused datagrams are counted, and it drains when Kafka is back")
    func waits() throws {
        try whileKafkaIsAway(whenFull: "wait") { daemon, sender, comesBack in
            #expect(sender.now.refusals.isEmpty)
            #expect(sender.now.stored < Self.events && sender.now.unsettled > 0, "the sender waits")
            #expect(sender.now.reconnects == 0, "its connection is open")
            try comesBack()
            let end = try #require(sender.finish(within: 60), "what waited is taken: \(sender.now)")
            #expect(end.stored == Self.events && end.reconnects == 0 && end.refusals.isEmpty)
            return sender.acknowledged(end)
        }
    }

    @Test("with when_full = \"refuse\" every event beyond the limit is answered NO ... full, every other one arrives")
    func refuses() throws {
        try whileKafkaIsAway(whenFull: "refuse") { daemon, sender, comesBack in
            let end = try #require(sender.finish(within: 30), "every event is answered: \(sender.now)")
            #expect(end.stored > 1000 && end.refusals.count > 1000)
            #expect(end.stored + end.refusals.count == Self.events)
            #expect(end.refusals.allSatisfy { $0.text.hasPrefix("full") })
            eventually(within: 5, "every refusal is counted") {
                daemon.status()?["ledger.rejected.full"] == end.refusals.count + Self.datagrams
            }
            try comesBack()
            return sender.acknowledged(end)
        }
    }

    /// `body` meets the full outbox, brings Kafka back, and says which events it knows to be acknowledged.
    private func whileKafkaIsAway(
        whenFull: String, _ body: (TestDaemon, SteadySender, () throws -> Void) throws -> Set<String>
    ) throws {
        try OwnServers.lend(["--no-mongo"]) { servers in
            let daemon = try TestDaemon(
                kafka: servers.kafka, intake: "when_full = \"\(whenFull)\"", outbox: "max_bytes = \"8 MiB\"")
            try daemon.start()
            let client = try StreamClient(daemon.streamSocket)
            #expect(client.send(Sample.event(id: "first", number: 0) + [0x0A]))
            eventually(within: 20, "Kafka is found") { daemon.status()?["ledger.forwarded"] == 1 }
            try servers.kill(.kafka)

            let sender = try SteadySender(
                "capped", to: daemon.streamSocket, limit: Self.events, padding: 1000, window: Self.events)
            var last = -1
            eventually(within: 30, "no more is taken: \(daemon.status()?.json ?? "no status")") {
                defer { last = sender.now.stored }
                usleep(700_000)
                let isFull = daemon.status()?.reasons.contains { $0.hasPrefix("outbox:") } == true
                return isFull && sender.now.stored > 1000 && sender.now.stored == last
            }
            let datagrams = try LocalSocket.connect(.datagram, path: daemon.datagramSocket)
            for number in 0..<Self.datagrams {
                let event = Sample.event(id: "datagram-\(number)", number: number)
                #expect(send(datagrams.raw, event, event.count, Int32(MSG_NOSIGNAL)) == event.count)
            }
            eventually(within: 10, "datagrams are counted: \(daemon.status()?.json ?? "no status")") {
                (daemon.status()?["ledger.rejected.full"] ?? 0) >= Self.datagrams
            }
            let full = try #require(daemon.status())
            #expect(full.state == "degraded" && full.reasons.contains { $0.hasPrefix("outbox:") }, "\(full.reasons)")
            // What intake holds when the limit is reached is taken still: a batch, and a read of its socket.
            let bytes = full["outbox.bytes"]
            #expect(bytes >= Self.limit / 2 && bytes <= Self.limit + (1 << 20))
            print("\(whenFull): full with \(full["outbox.events"]) events, \(full["outbox.bytes"]) bytes")

            let acknowledged = try body(daemon, sender) { try servers.restart(.kafka) }
            try Arrival.expect(acknowledged.union(["first"]), in: daemon, within: 60)
            let end = Arrival.settled(daemon)
            #expect(end?["ledger.rejected.full"] == sender.now.refusals.count + Self.datagrams)
            eventually(within: 15, "status is well again: \(daemon.status()?.reasons ?? [])") {
                daemon.status()?.reasons.contains { $0.hasPrefix("outbox:") || $0.hasPrefix("kafka:") } == false
            }
            #expect(daemon.stop() == 0)
        }
    }
}
