// 100,000 events by stream, Unix datagram and UDP at once, through a real Kafka into a real MongoDB, and read from the
// topic by a program that is not ours.
import Linux
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: Servers.areThere)) struct ThreeInputsTests {
    private static let streams = 4
    private static let perStream = 20_000
    private static let perDatagramSocket = 10_000

    @Test(
        "100,000 events of three inputs are in MongoDB once, in Kafka by visitor, and in a ledger that always balances")
    func all() throws {
        let daemon = try TestDaemon()
        try daemon.start()
        let senders = try (0..<Self.streams).map {
            try SteadySender("stream\($0)", to: daemon.streamSocket, limit: Self.perStream)
        }
        let unix = try Self.start("unix", try LocalSocket.connect(.datagram, path: daemon.datagramSocket))
        let udp = try Self.start("udp", try UDPClient.open(port: daemon.udpPort))

        let total = Self.streams * Self.perStream + 2 * Self.perDatagramSocket
        var readings = 0
        eventually(within: 90, "all are consumed: \(daemon.status()?.json ?? "no status")") {
            guard let status = daemon.status() else { return false }
            readings += 1
            #expect(status.isBalanced, "\(status.json)")
            return status["ledger.consumed"] >= total && status["ledger.consumer_pending"] == 0
        }
        unix.join()
        udp.join()
        #expect(readings > 10, "the ledger was read while events were on their way")

        var expected = Set((0..<Self.perDatagramSocket).flatMap { ["unix-\($0)", "udp-\($0)"] })
        for sender in senders {
            let end = try #require(sender.finish(within: 30))
            #expect(end.stored == Self.perStream && end.reconnects == 0 && end.refusals.isEmpty)
            expected.formUnion(sender.acknowledged(end))
        }
        try Arrival.expect(expected, in: daemon, within: 30)
        let status = try #require(Arrival.settled(daemon))
        #expect(status["ledger.received"] == total)
        #expect(status["ledger.inserted"] == total && status["ledger.duplicates"] == 0)
        #expect(status["ledger.datagrams_lost"] == 0 && status.rejected == 0)

        try expectTopic(of: daemon, holds: expected)
        #expect(daemon.stop() == 0)
    }

    /// What kcat reads from the topic: every event once, its key the visitor.
    private func expectTopic(of daemon: TestDaemon, holds expected: Set<String>) throws {
        let brokers = try #require(Servers.kafka)
        let read = try Command.run(
            "kcat", ["-b", brokers, "-t", daemon.topic, "-C", "-e", "-q", "-o", "beginning", "-f", "%k %s\\n"])
        try #require(read.status == 0, "kcat: \(read.errors)")
        var ids: Set<String> = []
        var count = 0
        var wrongKeys = 0
        for line in read.output.utf8.split(separator: UInt8(ascii: "\n")) {
            count += 1
            let key = String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
            let visitor = Sample.text(after: "\"anonymousId\":\"", in: line)
            if visitor.map({ "a:" + $0 }) != key { wrongKeys += 1 }
            if let id = Sample.id(of: line) { ids.insert(id) }
        }
        #expect(count == expected.count)
        #expect(wrongKeys == 0)
        #expect(ids == expected)
    }

    /// Sends a datagram an event, 50 each 5 ms, so that no receive buffer overflows.
    private static func start(_ name: String, _ socket: consuming FileDescriptor) throws -> NamedThread {
        let raw = socket.release()
        return try NamedThread.start(name) {
            defer { close(raw) }
            for number in 0..<perDatagramSocket {
                let event = Sample.event(id: "\(name)-\(number)", number: number)
                let count = send(raw, event, event.count, Int32(MSG_NOSIGNAL))
                if count != event.count { Issue.record("\(name) \(number): \(SystemError("send"))") }
                if number % 50 == 49 { usleep(5_000) }
            }
        }
    }
}
