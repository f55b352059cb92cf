// A neighbour dies, or stops answering, while a sender goes on. CLICKD_OUTAGE_SECONDS: for how long (8). Servers of its
// own.
import Linux
import Mongo
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct OutageTests {
    enum Kind { case killed, paused }

    @Test(
        "Kafka down or MongoDB down, killed or silent: nothing is lost, status names it, it goes on after their return",
        arguments: [OwnServers.Name.kafka, .mongo], [Kind.killed, .paused])
    func outage(of neighbour: OwnServers.Name, _ kind: Kind) throws {
        try OwnServers.lend { servers in
            let daemon = try TestDaemon(kafka: servers.kafka, mongodb: servers.mongodb)
            try daemon.start()
            let sender = try SteadySender("outage", to: daemon.streamSocket, perSecond: 2_000)
            eventually(within: 30, "events arrive before the outage") { moved(daemon, neighbour) > 0 }

            try kind == .killed ? servers.kill(neighbour) : servers.pause(neighbour)
            let before = sender.now.stored
            let start = Monotonic.now
            let length = Double(environmentNumber("CLICKD_OUTAGE_SECONDS", else: 8))
            var isNamed = false
            var isBalanced = true
            var stuck: [String] = []
            while Monotonic.seconds(from: start, to: .now) < (isNamed ? length : 20) {
                if let status = daemon.status() {
                    stuck += status.reasons.filter { $0.hasPrefix("stage:") }
                    isBalanced = isBalanced && status.isBalanced
                    isNamed =
                        isNamed || status.state == "degraded" && status.reasons.contains { names($0, neighbour) }
                }
                usleep(100_000)
            }
            #expect(isNamed, "status: \(daemon.status()?.json ?? "none")")
            #expect(isBalanced)
            #expect(stuck.isEmpty, "loops turn also while a neighbour does not answer")
            #expect(sender.now.stored - before > Int(length * 1000), "intake went on during the outage")
            #expect(sender.now.reconnects == 0)

            let stuckAt = moved(daemon, neighbour)
            try kind == .killed ? servers.restart(neighbour) : servers.resume(neighbour)
            let back = Monotonic.now
            eventually(within: 45, "it goes on: \(daemon.status()?.json ?? "no status")") {
                moved(daemon, neighbour) > stuckAt
            }
            let seconds = Monotonic.seconds(from: back, to: .now)
            print("\(neighbour), \(kind): went on \(seconds) s after its return (the aim is 5 s)")

            let end = try #require(sender.finish(within: 30), "all are settled in the end")
            #expect(end.refusals.isEmpty)
            try Arrival.expect(sender.acknowledged(end), in: daemon, within: 60)
            Arrival.settled(daemon)
            eventually(within: 45, "status is well again: \(daemon.status()?.json ?? "no status")") {
                daemon.status()?.reasons.contains { names($0, neighbour) } == false
            }
            let status = daemon.stop()
            #expect(status == 0, "\(daemon.process?.errors.suffix(2000) ?? "")")
        }
    }

    /// How much has passed the arrow to `neighbour`.
    private func moved(_ daemon: TestDaemon, _ neighbour: OwnServers.Name) -> Int {
        daemon.status()?[neighbour == .kafka ? "ledger.forwarded" : "ledger.inserted"] ?? 0
    }

    private func names(_ reason: String, _ neighbour: OwnServers.Name) -> Bool {
        (neighbour == .kafka ? ["kafka:", "forwarder:"] : ["mongodb:"]).contains { reason.hasPrefix($0) }
    }
}
