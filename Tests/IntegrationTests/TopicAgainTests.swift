// The topic is deleted, and there is one of the same name again: its offsets begin anew. With brokers that leave the making
// of topics to others: where the producer's own question makes it, clickd does not notice yet that it is another.
import Linux
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct TopicAgainTests {
    @Test(
        "a topic deleted and made again, by clickd: consumed from its start, live or after a restart",
        arguments: [true, false])
    func again(isLive: Bool) throws {
        try OwnServers.lend(["--no-mongo"], environment: OwnServers.topicsAreMadeByHand) { servers in
            let daemon = try TestDaemon(kafka: servers.kafka)
            try daemon.start()
            let first = try SteadySender("first", to: daemon.streamSocket, limit: 3_000)
            var sent = first.acknowledged(try #require(first.finish(within: 30)))
            try Arrival.expect(sent, in: daemon, within: 60)
            Arrival.settled(daemon)

            if !isLive { #expect(daemon.stop() == 0) }
            try servers.delete(topic: daemon.topic)
            if !isLive { try daemon.start() }

            // Fewer than before, so that the new offsets stay below the old ones.
            let second = try SteadySender("second", to: daemon.streamSocket, limit: 600)
            sent.formUnion(second.acknowledged(try #require(second.finish(within: 30))))
            try Arrival.expect(sent, in: daemon, within: 90)
            let status = Arrival.settled(daemon)
            #expect(status?["ledger.inserted"] == sent.count, "\(status?.json ?? "no status")")

            // And what comes after a restart is neither lost nor counted twice.
            #expect(daemon.stop() == 0)
            try daemon.start()
            let third = try SteadySender("third", to: daemon.streamSocket, limit: 600)
            sent.formUnion(third.acknowledged(try #require(third.finish(within: 30))))
            try Arrival.expect(sent, in: daemon, within: 60)
            #expect(Arrival.settled(daemon)?["ledger.inserted"] == sent.count)
        }
    }
}
