// Partitions that were assigned and could not be begun: MongoDB, which says where, is away. librdkafka waits for the answer to
// an assignment, and a close that did not give one would wait for ever.
import Kafka
import Linux
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: Servers.areThere)) struct UnplacedConsumerTests {
    @Test("a daemon whose partitions wait for MongoDB stops in order when it is asked to")
    func stop() throws {
        try OwnServers.lend(["--no-kafka"]) { servers in
            let daemon = try TestDaemon(mongodb: servers.mongodb)
            try daemon.start()
            eventually(within: 30, "it has its partitions: \(daemon.status()?.json ?? "")") {
                daemon.status()?["consumer.partitions"] == 3
            }
            try servers.kill(.mongo)
            // A second member: what the daemon keeps is assigned to it anew.
            let other = try Consumer.open(
                [
                    "bootstrap.servers": Servers.kafka ?? "", "group.id": daemon.topic,
                    "partition.assignment.strategy": "range", "enable.auto.commit": "false",
                ], topic: daemon.topic)
            var assigned: [Int32] = []
            eventually(within: 60, "the other member gets partitions") {
                let polled = other.poll(timeoutMilliseconds: 50) { change in
                    guard case .assigned(let partitions) = change else { return }
                    assigned = partitions
                    try? other.assign(partitions.map { ($0, .earliest) })
                }
                if case .message(let message) = polled { message.destroy() }
                return !assigned.isEmpty
            }
            eventually(within: 30, "the daemon has none yet: \(daemon.status()?.json ?? "")") {
                daemon.status()?["consumer.partitions"] == 0
            }
            let start = Monotonic.now
            let status = daemon.stop()
            #expect(status == 0, "\(daemon.process?.errors.suffix(2000) ?? "")")
            #expect(Monotonic.seconds(from: start, to: .now) < 50)
            other.close()
        }
    }
}
