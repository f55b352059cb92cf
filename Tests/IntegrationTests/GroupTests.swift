// More members in a consumer group than the topic has partitions: one has nothing to do.
import Kafka
import Linux
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: Servers.areThere)) struct IdleConsumerTests {
    @Test("a daemon without a partition holds up nobody, and takes over those of a member that leaves")
    func idle() throws {
        let daemon = try TestDaemon()
        try daemon.start()
        eventually(within: 30, "it has all partitions: \(daemon.status()?.json ?? "")") {
            daemon.status()?["consumer.partitions"] == 3
        }
        // Partitions are dealt out by the order of names: with three others before it, it gets none.
        var others = try (0..<3).map { _ in try member(of: daemon) }
        var held = others.map { _ in 0 }
        func turn() {
            for (index, other) in others.enumerated() {
                let polled = other.poll(timeoutMilliseconds: 20) { change in
                    guard case .assigned(let partitions) = change else {
                        held[index] = 0
                        return try! other.unassign()
                    }
                    held[index] = partitions.count
                    try! other.assign(partitions.map { ($0, .earliest) })
                }
                if case .message(let message) = polled { message.destroy() }
            }
        }
        eventually(within: 60, "the daemon has none: \(held), \(daemon.status()?.json ?? "")") {
            turn()
            return held == [1, 1, 1] && daemon.status()?["consumer.partitions"] == 0
        }
        others.removeLast().close()
        held.removeLast()
        eventually(within: 60, "it takes over a partition: \(held), \(daemon.status()?.json ?? "")") {
            turn()
            return daemon.status()?["consumer.partitions"] == 1
        }
        for other in others { other.close() }
        #expect(daemon.stop() == 0, "\(daemon.process?.errors.suffix(2000) ?? "")")
    }

    private func member(of daemon: TestDaemon) throws -> Consumer {
        try Consumer.open(
            [
                "bootstrap.servers": Servers.kafka ?? "", "group.id": daemon.topic, "client.id": "a",
                "partition.assignment.strategy": "range", "enable.auto.commit": "false",
            ], topic: daemon.topic)
    }
}
