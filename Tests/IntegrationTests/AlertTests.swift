// Every alert of packaging/monitoring/clickd.rules.yml is caused: on a real daemon, scraped by a real Prometheus that
// evaluates the shipped rules with minutes for seconds. AlertFileTests sees that none is left out here.
import Kafka
import Linux
import TestSupport
import Testing

@Suite("Alerts", .waiting, .serialized, .enabled(if: Servers.areThere && TestPrometheus.isThere)) struct AlertTests {
    /// What must not fire on a daemon that is well; the tests' topics have one replica.
    private static let quiet: Set<String> = [
        "ClickdDown", "ClickdStuck", "ClickdAcceptsNothing", "ClickdOutboxFilling", "ClickdUndelivered",
        "ClickdKafkaDown", "ClickdMongoDBDown", "ClickdConsumerBehind", "ClickdRetentionShort", "ClickdEventsLost",
        "ClickdDatagramsLost", "ClickdRejecting", "ClickdDeadLetters", "ClickdClockWrong", "ClickdNotWell",
        "ClickdProducerRestarts", "ClickdRestarting", "ClickdDiskLow", "ClickdSlowDisk",
    ]

    private func watch(_ daemon: TestDaemon) throws -> TestPrometheus {
        try TestPrometheus(["clickd": try #require(daemon.metricsPort)])
    }

    private func send(_ count: Int, to daemon: TestDaemon, padding: Int = 0, _ name: String = "e") throws {
        let client = try StreamClient(daemon.streamSocket)
        for number in 0..<count {
            let fill = padding > 0 ? Files.randomHex(bytes: padding) : ""
            client.send(Sample.event(id: "\(name)-\(number)", number: number, fill: fill) + [0x0A])
            _ = client.answers(upTo: number + 1)
        }
    }

    @Test("Kafka away, the outbox full, datagrams lost, the daemon gone and coming back too often")
    func kafka() throws {
        try OwnServers.lend(["--no-mongo"]) { servers in
            let daemon = try TestDaemon(
                roles: ["intake", "forwarder"], kafka: servers.kafka, outbox: "max_bytes = \"8 MiB\"", metrics: true)
            try daemon.start()
            let prometheus = try watch(daemon)
            try send(10, to: daemon)
            prometheus.expect(["ClickdDurabilityWeak"])
            #expect(prometheus.firing().isDisjoint(with: Self.quiet), "\(prometheus.firing())")
            #expect(daemon.get("/healthz")?.status == 200 && daemon.get("/readyz")?.status == 200)

            try servers.kill(.kafka)
            let sender = try SteadySender(
                "full", to: daemon.streamSocket, limit: 20_000, padding: 1000, window: 20_000)
            prometheus.expect(
                ["ClickdKafkaDown", "ClickdOutboxFilling", "ClickdAcceptsNothing", "ClickdUndelivered"], within: 60)
            let ready = daemon.get("/readyz")
            #expect(ready?.status == 503 && ready?.text.contains("no room") == true, "\(ready?.text ?? "none")")
            #expect(daemon.get("/healthz")?.status == 200, "an outage is no reason to be started anew")
            let datagrams = try Datagrams(udpPort: daemon.udpPort)
            for number in 0..<2000 { datagrams.send(Sample.event(id: "d-\(number)", number: number)) }
            prometheus.expect(["ClickdRejecting"])

            daemon.process?.signal(SIGSTOP)
            let large = Sample.event(id: "flood", number: 0, fill: Files.randomHex(bytes: 2000))
            for _ in 0..<20_000 { datagrams.send(large) }
            daemon.process?.signal(SIGCONT)
            // The kernel tells of its losses with the next datagram that it takes.
            eventually(within: 30, "datagrams are lost: \(prometheus.firing())") {
                datagrams.send(#"{"event":"next"}"#)
                return prometheus.firing().contains("ClickdDatagramsLost")
            }

            daemon.kill()
            prometheus.expect(["ClickdDown"])
            #expect(sender.now.stored > 1000)
            eventually(within: 60, "it is said to restart too often: \(prometheus.firing())") {
                daemon.kill()
                guard (try? daemon.start()) != nil else { return false }
                // Long enough to be scraped.
                usleep(1_200_000)
                return prometheus.firing().contains("ClickdRestarting")
            }
        }
    }

    @Test("MongoDB away, the consumer behind, retention running out, events deleted before they were consumed")
    func mongodb() throws {
        try OwnServers.lend { servers in
            let daemon = try TestDaemon(kafka: servers.kafka, mongodb: servers.mongodb, metrics: true)
            let admin = try Admin.open(["bootstrap.servers": servers.kafka])
            try admin.createTopic(
                daemon.topic, partitions: 1, replication: 1, configuration: ["retention.ms": "30000"],
                timeoutMilliseconds: 10_000)
            try daemon.start()
            try send(10, to: daemon)
            eventually(within: 30, "events arrive") { daemon.status()?["ledger.inserted"] == 10 }
            let prometheus = try watch(daemon)
            eventually(within: 20, "the retention is known") {
                daemon.get("/metrics")?.text.contains("clickd_kafka_retention_left_seconds 30\n") == true
            }

            try servers.kill(.mongo)
            try send(100, to: daemon, "away")
            prometheus.expect(
                ["ClickdMongoDBDown", "ClickdConsumerBehind", "ClickdRetentionShort"], within: 60)
            eventually(within: 30, "half of the retention is gone: \(daemon.status()?.reasons ?? [])") {
                daemon.status()?.reasons.contains { $0.hasPrefix("retention:") } == true
            }
            #expect(try daemon.run(["status"]).output.contains("Kafka keeps it"))

            daemon.kill()
            let offsets = daemon.folder.path + "/offsets.json"
            let json = #"{"version":1,"partitions":[{"topic":"\#(daemon.topic)","partition":0,"offset":60}]}"#
            try Files.replace(offsets, with: Array(json.utf8))
            let deleted = try Command.run(
                servers.kafkaHome + "/bin/kafka-run-class.sh",
                [
                    "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", servers.kafka,
                    "--offset-json-file", offsets,
                ])
            try #require(deleted.status == 0, "\(deleted.output)\(deleted.errors)")
            try servers.restart(.mongo)
            try daemon.start()
            prometheus.expect(["ClickdEventsLost"], within: 60)
            #expect(daemon.status()?["ledger.skipped"] == 50)
            prometheus.expectQuiet(["ClickdMongoDBDown", "ClickdConsumerBehind", "ClickdRetentionShort"])
        }
    }

    @Test("events that Kafka refuses are dead letters, and each costs a producer")
    func refused() throws {
        let daemon = try TestDaemon(metrics: true)
        let admin = try Admin.open(["bootstrap.servers": try #require(Servers.kafka)])
        try admin.createTopic(
            daemon.topic, partitions: 1, replication: 1, configuration: ["max.message.bytes": "2000"],
            timeoutMilliseconds: 10_000)
        try daemon.start()
        let prometheus = try watch(daemon)
        try send(10, to: daemon)
        eventually(within: 20, "small ones arrive") { daemon.status()?["ledger.inserted"] == 10 }
        prometheus.expect(["ClickdDurabilityWeak"])
        #expect(prometheus.firing().isDisjoint(with: Self.quiet), "\(prometheus.firing())")
        for number in 1...6 {
            try send(1, to: daemon, padding: 4000, "large-\(number)")
            eventually(within: 20, "it is dead: \(daemon.status()?.json ?? "")") {
                daemon.status()?["ledger.dead"] == number
            }
        }
        prometheus.expect(["ClickdDeadLetters", "ClickdProducerRestarts"])
        #expect(try daemon.run(["status"]).output.contains("6 set aside"))
    }

    @Test(
        "a disk that hangs: 503 from /healthz, the stage named, its commits slow; a disk that fills",
        .enabled(if: SmallDisk.isAllowed(.ext4)))
    func disk() throws {
        let disk = try SmallDisk(megabytes: 96, .ext4)
        // Also when a check fails: whoever waits for a frozen disk cannot even be killed.
        defer { disk.thawIfFrozen() }
        let daemon = try TestDaemon(
            roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", metrics: true, outboxPath: disk.path + "/outbox")
        try daemon.start()
        let prometheus = try watch(daemon)
        try send(10, to: daemon)
        try disk.freeze()
        let client = try StreamClient(daemon.streamSocket)
        client.send(Sample.event(id: "frozen", number: 0) + [0x0A])
        eventually(within: 30, "it is said to be stuck") { daemon.get("/healthz")?.status == 503 }
        #expect(daemon.get("/healthz")?.text == "outbox has not turned for 10 s\n")
        #expect(daemon.get("/readyz")?.status == 503)
        prometheus.expect(["ClickdStuck"])
        try eventually(within: 5, "status names it") {
            try daemon.run(["status"]).output.contains("outbox has not turned")
        }
        try disk.thaw()
        #expect(client.answers(upTo: 1) == ["OK 1"], "it was only late")
        prometheus.expect(["ClickdSlowDisk"])
        eventually(within: 20, "it is well again") { daemon.get("/healthz")?.status == 200 }
        let free = try #require(daemon.status()?["outbox.disk_free_bytes"])
        #expect(daemon.stop() == 0)
        try daemon.write(outbox: "", minFree: "\(free * 2 / 3)")
        try daemon.start()
        prometheus.expect(["ClickdDiskLow"])
    }

    @Test("a clock that stands before this program was made; a configuration that a reload does not take")
    func clock() throws {
        let daemon = try TestDaemon(mode: .direct, roles: ["intake", "forwarder"], metrics: true)
        let library = try slowClock(in: daemon.folder.path)
        try daemon.start(environment: ["LD_PRELOAD": library])
        let prometheus = try watch(daemon)
        prometheus.expect(["ClickdClockWrong"])
        #expect(daemon.status()?.reasons.contains { $0.hasPrefix("clock:") } == true)
        #expect(!prometheus.firing().contains("ClickdNotWell"))
        try daemon.edit([("level = \"debug\"", "level = \"loud\"")])
        daemon.process?.signal(SIGHUP)
        prometheus.expect(["ClickdClockWrong", "ClickdNotWell"])
    }

    /// A library that, loaded before glibc, puts the wall clock back by two years.
    private func slowClock(in folder: String) throws -> String {
        let source = """
            #include <sys/syscall.h>
            #include <time.h>
            #include <unistd.h>
            int clock_gettime(clockid_t clock, struct timespec *time) {
                int result = syscall(SYS_clock_gettime, clock, time);
                if (clock == CLOCK_REALTIME) time->tv_sec -= 2 * 365 * 86400L;
                return result;
            }
            """
        try Files.replace(folder + "/clock.c", with: Array(source.utf8))
        let made = try Command.run(
            "/usr/bin/env", ["gcc", "-shared", "-fPIC", "-o", folder + "/clock.so", folder + "/clock.c"])
        try #require(made.status == 0, "\(made.errors)")
        return folder + "/clock.so"
    }

    @Test("clickd-web without its daemon, and gone")
    func web() throws {
        let web = try TestWeb(try TestDaemon(mode: .direct))
        try web.daemon.start()
        try web.start()
        let prometheus = try TestPrometheus(["clickd-web": web.readPort])
        #expect(prometheus.firing().isDisjoint(with: ["ClickdWebCannotStore", "ClickdWebDown"]))
        web.daemon.kill()
        prometheus.expect(["ClickdWebCannotStore"])
        try web.daemon.start()
        prometheus.expectQuiet(["ClickdWebCannotStore"])
        web.kill()
        prometheus.expect(["ClickdWebDown"])
    }
}
