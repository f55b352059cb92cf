// A disk that turns read-only under the outbox, and one that is full under MongoDB. As root: both are mounted here.
import Linux
import Mongo
import TestSupport
import Testing

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct DiskFaultTests {
    @Test(
        "any other disk error: the file system turns read-only; no OK from then on, exit 5, all is there once it is mended",
        .enabled(if: SmallDisk.isAllowed(.ext4)))
    func readOnly() throws {
        let disk = try SmallDisk(megabytes: 96, .ext4)
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: TestDaemon.nowhere,
            outboxPath: disk.path + "/outbox")
        try daemon.start()
        let sender = try SteadySender("readonly", to: daemon.streamSocket, perSecond: 2_000)
        eventually(within: 30, "events are stored") { sender.now.stored > 500 }
        try disk.turnReadOnly()
        #expect(daemon.process?.wait(seconds: 60) == 5)
        #expect(daemon.process?.errors.contains("outbox") == true, "\(daemon.process?.errors.suffix(500) ?? "")")
        let stored = sender.now.stored
        // As long as it lasts no daemon runs on it; nothing is at stake, so units may try that again.
        #expect(try daemon.start(waits: false).wait(seconds: 60) == 1)
        #expect(sender.now.stored == stored)
        try disk.repair()
        try daemon.start()
        let end = try #require(sender.finish(within: 30), "all are settled in the end")
        #expect(end.refusals.isEmpty)
        let acknowledged = sender.acknowledged(end)
        let counted = daemon.status()?["ledger.outbox"] ?? 0
        #expect(daemon.stop() == 0)
        let kept = Set(
            try daemon.run(["outbox", "export"]).output.split(separator: "\n").compactMap { Sample.id(of: $0.utf8) })
        let gone = acknowledged.subtracting(kept).compactMap { Int($0.dropFirst("readonly-".count)) }.sorted()
        // ext4 that gives up its journal while fdatasync waits may say that all is synced: what lies in room that was taken
        // ahead and never written is gone then. Seen in five of sixty tries without clickd, in none where zeros were written
        // over that room before.
        withKnownIssue("the last commit before the abort was acknowledged and is gone", isIntermittent: true) {
            #expect(counted >= acknowledged.count)
            #expect(gone.isEmpty)
        } when: {
            // One commit's, one behind the other; more would be another fault.
            gone.count < 1000 && (gone.last ?? 0) - (gone.first ?? 0) < max(1, gone.count)
        }
    }

    @Test(
        "MongoDB down, for its disk is full: named, nothing is lost, it goes on once there is room",
        .enabled(if: SmallDisk.isAllowed(.memory)), arguments: TestDaemon.Mode.allCases)
    func mongoDiskFull(mode: TestDaemon.Mode) throws {
        let disk = try SmallDisk(megabytes: 700)
        try OwnServers.lend(mode == .direct ? ["--no-kafka"] : [], mongoData: disk.path) { servers in
            let daemon = try TestDaemon(
                mode: mode, kafka: mode == .direct ? nil : servers.kafka, mongodb: servers.mongodb)
            try daemon.start()
            let sender = try SteadySender("room", to: daemon.streamSocket, perSecond: 1_000)
            eventually(within: 30, "events arrive") { (daemon.status()?["ledger.inserted"] ?? 0) > 100 }
            try disk.fill()
            eventually(within: 120, "status names it: \(daemon.status()?.json ?? "")") {
                daemon.status()?.reasons.contains { $0.hasPrefix("mongodb:") } == true
            }
            let before = sender.now.stored
            eventually(within: 30, "intake goes on") { sender.now.stored > before + 2_000 }
            disk.empty()
            // It ended when it could not write; it may also have found room again before that.
            try? servers.kill(.mongo)
            try servers.restart(.mongo)
            let end = try #require(sender.finish(within: 60), "all are settled in the end")
            #expect(end.refusals.isEmpty)
            try Arrival.expect(sender.acknowledged(end), in: daemon, within: 90)
            Arrival.settled(daemon)
            #expect(daemon.stop() == 0)
        }
    }
}
