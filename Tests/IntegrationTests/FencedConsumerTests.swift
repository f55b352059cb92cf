// A consumer whose membership in the group is taken over: by a host cloned with its state, or, where a broker is lost at
// the wrong moment, by its own JoinGroup, repeated because the answer was lost. librdkafka uses such a consumer no more.
import Kafka
import Linux
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct FencedConsumerTests {
    @Test("a consumer's membership taken over: it takes it back and goes on; nothing is lost and nothing double")
    func fenced() throws {
        let daemon = try TestDaemon()
        try daemon.start()
        let sender = try SteadySender("fenced", to: daemon.streamSocket, perSecond: 500)
        eventually(within: 30, "it consumes: \(daemon.status()?.json ?? "")") {
            (daemon.status()?["ledger.inserted"] ?? 0) > 0
        }
        let identity = "clickd-" + String(decoding: try Files.read(daemon.outboxPath + "/consumer.id"), as: UTF8.self)
        do {
            let intruder = try Consumer.open(
                [
                    "bootstrap.servers": Servers.kafka ?? "", "group.id": daemon.topic, "group.instance.id": identity,
                    "partition.assignment.strategy": "range", "enable.auto.commit": "false",
                ], topic: daemon.topic)
            eventually(within: 30, "the daemon is fenced: \(daemon.status()?.json ?? "")") {
                if case .message(let message) = intruder.poll(timeoutMilliseconds: 50, onRebalance: { _ in }) {
                    message.destroy()
                }
                return daemon.status()?.reasons.contains { $0.contains("fenced") } == true
            }
        }
        let before = daemon.status()?["ledger.forwarded"] ?? 0
        eventually(within: 60, "it goes on: \(daemon.status()?.json ?? "")") {
            guard let status = daemon.status() else { return false }
            return status["ledger.inserted"] > before && !status.reasons.contains { $0.contains("consumer") }
        }
        let end = try #require(sender.finish(within: 60))
        try Arrival.expect(sender.acknowledged(end), in: daemon, within: 60)
        Arrival.settled(daemon)
        let status = daemon.stop()
        #expect(status == 0, "\(daemon.process?.errors.suffix(2000) ?? "")")
    }
}
