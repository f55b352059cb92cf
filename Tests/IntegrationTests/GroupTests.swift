// The daemon as one of several members of its consumer group.
import Kafka
import Linux
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct GroupTests {
    @Test("a daemon without a partition holds up nobody, and takes over those of a member that leaves")
    func idle() throws {
        let daemon = try TestDaemon()
        try daemon.start()
        eventually(within: 30, "it has all partitions: \(daemon.status()?.json ?? "")") {
            daemon.status()?["consumer.partitions"] == 3
        }
        // Partitions are dealt out by the order of names: with three others before it, it gets none.
        let others = try Others(3, of: daemon, at: try #require(Servers.kafka))
        eventually(within: 60, "the daemon has none: \(others.held), \(daemon.status()?.json ?? "")") {
            others.turn()
            return others.held == [1, 1, 1] && daemon.status()?["consumer.partitions"] == 0
        }
        others.leave()
        eventually(within: 60, "it takes over a partition: \(others.held), \(daemon.status()?.json ?? "")") {
            others.turn()
            return daemon.status()?["consumer.partitions"] == 1
        }
        while !others.held.isEmpty { others.leave() }
        #expect(daemon.stop() == 0, "\(daemon.process?.errors.suffix(2000) ?? "")")
    }

    @Test("a daemon without a partition is well again when its topic is there again")
    func topicAgain() throws {
        try OwnServers.lend(["--no-mongo"], environment: OwnServers.topicsAreMadeByHand) { servers in
            let daemon = try TestDaemon(kafka: servers.kafka)
            try daemon.start()
            let others = try Others(3, of: daemon, at: servers.kafka)
            func eventuallySays(_ what: String, _ isTrue: (TestStatus) -> Bool) {
                eventually(within: 60, "\(what): \(others.held), \(daemon.status()?.json ?? "")") {
                    others.turn()
                    return daemon.status().map(isTrue) == true
                }
            }
            eventuallySays("it has none") { others.held == [1, 1, 1] && $0["consumer.partitions"] == 0 }
            let (made, unmade) = ("create_topic = true\npartitions = 3\nreplication = 1", "create_topic = false")
            try daemon.edit([(made, unmade)])
            daemon.reload("kafka.create_topic is taken")
            try servers.delete(topic: daemon.topic)
            eventuallySays("the consumer names the topic") { $0.reasons.contains { $0.hasPrefix("consumer:") } }
            try daemon.edit([(unmade, made)])
            daemon.reload("kafka.create_topic is taken")
            eventuallySays("it is well") { status in
                others.held == [1, 1, 1]
                    && !status.reasons.contains { $0.hasPrefix("consumer:") || $0.hasPrefix("kafka:") }
            }
            while !others.held.isEmpty { others.leave() }
            #expect(daemon.stop() == 0, "\(daemon.process?.errors.suffix(2000) ?? "")")
        }
    }

    @Test("partitions given up while MongoDB stood still, and given back when it goes on, go on")
    func pausedMeanwhile() throws {
        try OwnServers.lend { servers in
            let daemon = try TestDaemon(kafka: servers.kafka, mongodb: servers.mongodb)
            try daemon.start()
            let sender = try SteadySender("g", to: daemon.streamSocket, perSecond: 2000)
            func grows(_ name: String, by more: Int) {
                let before = daemon.status()?[name] ?? 0
                eventually(within: 30, "\(name) grows: \(daemon.status()?.json ?? "")") {
                    (daemon.status()?[name] ?? 0) >= before + more
                }
            }
            grows("ledger.inserted", by: 1000)
            // Every writer is busy, and the partitions are paused.
            try servers.pause(.mongo)
            grows("ledger.forwarded", by: 10_000)
            let others = try Others(1, of: daemon, at: servers.kafka)
            eventually(within: 60, "the other has a part: \(daemon.process?.errors.suffix(2000) ?? "")") {
                others.turn()
                return (1...2).contains(others.held[0])
            }
            try servers.resume(.mongo)
            grows("ledger.inserted", by: 10_000)
            others.leave()
            let end = try #require(sender.finish(within: 60))
            try Arrival.expect(sender.acknowledged(end), in: daemon, within: 90)
            #expect(daemon.stop() == 0)
        }
    }
}

/// Members of the daemon's group whose names come before its own. They take what they are given and write nothing.
private final class Others {
    private var members: [Consumer] = []
    /// How many partitions each has.
    private(set) var held: [Int] = []

    init(_ count: Int, of daemon: TestDaemon, at brokers: String) throws {
        for _ in 0..<count {
            members.append(
                try Consumer.open(
                    [
                        "bootstrap.servers": brokers, "group.id": daemon.topic, "client.id": "a",
                        "partition.assignment.strategy": "range", "enable.auto.commit": "false",
                    ], topic: daemon.topic))
            held.append(0)
        }
    }

    func turn() {
        for (index, member) in members.enumerated() {
            let polled = member.poll(timeoutMilliseconds: 20) { change in
                guard case .assigned(let partitions) = change else {
                    held[index] = 0
                    return try! member.unassign()
                }
                held[index] = partitions.count
                try! member.assign(partitions.map { ($0, .earliest) })
            }
            if case .message(let message) = polled { message.destroy() }
        }
    }

    func leave() {
        members.removeLast().close()
        held.removeLast()
    }
}
