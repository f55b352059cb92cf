// Rows of "What happens when" (docs/architecture.md) that belong to no other suite.
import Linux
import TestSupport
import Testing

@Suite("What happens when", .waiting, .serialized, .enabled(if: Servers.areThere)) struct WhatHappensWhenTests {
    @Test("a compacted topic: nothing is sent to it and status names it, until it deletes instead")
    func compacted() throws {
        let daemon = try TestDaemon()
        let policy = ["--config", "cleanup.policy=compact"]
        try KafkaTools.run("kafka-topics", ["--create", "--topic", daemon.topic, "--partitions", "1"] + policy)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("waits") + "\n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        eventually(within: 30, "status names it: \(daemon.status()?.json ?? "")") {
            daemon.status()?.reasons.contains { $0.hasPrefix("kafka:") && $0.contains("compacted") } == true
        }
        #expect(daemon.status()?["ledger.forwarded"] == 0)
        let topic = ["--entity-type", "topics", "--entity-name", daemon.topic]
        try KafkaTools.run("kafka-configs", ["--alter", "--add-config", "cleanup.policy=delete"] + topic)
        try Arrival.expect(["waits"], in: daemon, within: 60)
        #expect(daemon.stop() == 0)
    }

    @Test("any other disk error: no OK from then on, exit 5, and what was acknowledged is there at the next start")
    func diskError() throws {
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: TestDaemon.nowhere)
        let library = daemon.folder.path + "/killer.so"
        let source = Command.root + "/Tests/Campaigns/killer.c"
        try #require(try Command.run("/usr/bin/cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]).status == 0)
        try daemon.start(environment: ["LD_PRELOAD": library, "CLICKD_KILL_AT": "fdatasync fail 100"])
        let client = try StreamClient(daemon.streamSocket)
        var acknowledged = 0
        while acknowledged < 1000 {
            client.send(event("e\(acknowledged)") + "\n")
            guard client.line() == "OK \(acknowledged + 1)" else { break }
            acknowledged += 1
        }
        #expect(acknowledged > 10 && acknowledged < 100, "one at a time, each is a commit")
        #expect(daemon.process?.wait(seconds: 60) == 5)
        #expect(daemon.process?.errors.contains("outbox") == true)
        try daemon.start()
        // Of the one that failed nobody knows.
        let stored = try #require(daemon.status()?["ledger.outbox"])
        #expect((acknowledged...acknowledged + 1).contains(stored), "\(acknowledged) acknowledged, \(stored) stored")
        #expect(daemon.stop() == 0)
    }

    @Test(
        "an outbox restored from a backup, or a host cloned: no id is given a second time",
        arguments: TestDaemon.Mode.allCases)
    func restored(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(mode: mode)
        let backup = daemon.folder.path + "/backup"
        let events = try daemon.events()
        var sent = 0
        func send() throws {
            try daemon.start()
            let client = try StreamClient(daemon.streamSocket)
            client.send((0..<50).map { #"{"event":"e","properties":{"n":\#(sent + $0)}}"# + "\n" }.joined())
            sent += 50
            #expect(client.answers(upTo: 50).last == "OK 50")
            try eventually(within: 60, "\(sent) arrive: \(daemon.status()?.json ?? "")") { try events.count() == sent }
            #expect(daemon.stop() == 0)
        }
        try send()
        #expect(try Command.run("/bin/cp", ["-a", daemon.outboxPath, backup]).status == 0)
        try send()
        #expect(try Command.run("/bin/rm", ["-rf", daemon.outboxPath]).status == 0)
        #expect(try Command.run("/bin/cp", ["-a", backup, daemon.outboxPath]).status == 0)
        try send()
        #expect(try events.count() == 150)
    }

    @Test("writing to the topic denied, then reading: named, tried for ever, nothing is lost and nothing is dead")
    func denied() throws {
        let rules =
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
            + "allow.everyone.if.no.acl.found=true"
        try OwnServers.lend(environment: ["EXTRA": rules]) { servers in
            let daemon = try TestDaemon(kafka: servers.kafka, mongodb: servers.mongodb)
            func access(_ verb: String, _ operation: String) throws {
                let done = try Command.run(
                    servers.kafkaHome + "/bin/kafka-run-class.sh",
                    [
                        "org.apache.kafka.tools.AclCommand", "--bootstrap-server", servers.kafka, "--topic",
                        daemon.topic, verb, "--deny-principal", "User:*",
                        "--operation", operation,
                    ] + (verb == "--remove" ? ["--force"] : []))
                try #require(done.status == 0, "\(done.errors)\(done.output)")
            }
            try daemon.start()
            let sender = try SteadySender("denied", to: daemon.streamSocket, perSecond: 500)
            for (operation, part, count) in [
                ("Write", "forwarder", "ledger.forwarded"), ("Read", "consumer", "ledger.inserted"),
            ] {
                eventually(within: 30, "events go on") { (daemon.status()?[count] ?? 0) > 200 }
                try access("--add", operation)
                eventually(within: 30, "\(part) names it: \(daemon.status()?.json ?? "")") {
                    daemon.status()?.reasons.contains {
                        ($0.hasPrefix("\(part):") || $0.hasPrefix("kafka:")) && $0.lowercased().contains("authoriz")
                    } == true
                }
                let stuckAt = daemon.status()?[count] ?? 0
                try access("--remove", operation)
                eventually(within: 30, "it goes on") { (daemon.status()?[count] ?? 0) > stuckAt }
            }
            let end = try #require(sender.finish(within: 60), "all are settled in the end")
            #expect(end.refusals.isEmpty)
            try Arrival.expect(sender.acknowledged(end), in: daemon, within: 60)
            #expect(daemon.status()?["ledger.dead"] == 0 && daemon.status()?["ledger.consumer_dead"] == 0)
            Arrival.settled(daemon)
            #expect(daemon.stop() == 0)
        }
    }
}
