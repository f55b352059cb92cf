// Some partitions have nobody to take their events: theirs wait, the others' go on.
import Linux
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: Servers.areThere)) struct StuckPartitionTests {
    @Test("one partition stuck, the others well: its events wait, the others arrive, and in the end all are there once")
    func oneNodeOfThree() throws {
        try OwnServers.lend(["--kafka", "3"]) { servers in
            // Each partition has one copy: with its node away it has no leader, while Kafka answers.
            let daemon = try TestDaemon(kafka: servers.kafka, mongodb: servers.mongodb)
            try daemon.start()
            let sender = try SteadySender("stuck", to: daemon.streamSocket, perSecond: 2_000, padding: 100)
            eventually(within: 40, "events arrive before") { (daemon.status()?["ledger.inserted"] ?? 0) > 2_000 }

            try servers.kill(.secondNode)
            eventually(within: 60, "status names the partition: \(daemon.status()?.json ?? "none")") {
                daemon.status()?.reasons.contains {
                    $0.hasPrefix("forwarder: partition") && $0.contains("take") && $0.contains("others go on")
                } == true
            }
            // What comes after the others were let go: two thirds of it are theirs.
            let before = daemon.status()
            eventually(within: 60, "the others go on: \(daemon.status()?.json ?? "none")") {
                (daemon.status()?["ledger.inserted"] ?? 0) > (before?["ledger.inserted"] ?? 0) + 8_000
            }
            #expect((daemon.status()?["ledger.outbox"] ?? 0) > 1_000, "the stuck one's wait")
            #expect(daemon.status()?.isBalanced == true)

            try servers.restart(.secondNode)
            eventually(within: 60, "it takes events again: \(daemon.status()?.json ?? "none")") {
                daemon.status()?.reasons.contains { $0.hasPrefix("forwarder:") } == false
            }
            let end = try #require(sender.finish(within: 30), "all are settled in the end")
            #expect(end.refusals.isEmpty && end.reconnects == 0)
            try Arrival.expect(sender.acknowledged(end), in: daemon, within: 90)
            Arrival.settled(daemon, within: 40)
            #expect(daemon.stop() == 0)
        }
    }
}
