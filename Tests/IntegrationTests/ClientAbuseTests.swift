// What careless and hostile senders do to the stream socket: many at once, storms, floods, deaf ones, no descriptor left. Each
// honest one beside them gets its answers, and the daemon holds in the end what it held before.
import Linux
import TestSupport
import Testing

/// What a process holds, from /proc.
private struct Holding {
    let descriptors: Int
    let threads: Int
    let residentBytes: Int
    /// In user and system mode, since its start.
    let cpuSeconds: Double

    init(_ daemon: TestDaemon) throws {
        let pid = try #require(daemon.process?.pid)
        descriptors = Files.names(in: "/proc/\(pid)/fd").count
        let text = String(decoding: try Files.read("/proc/\(pid)/stat", limit: 4096), as: UTF8.self)
        // Behind the name, which may contain blanks.
        let words = text.split(separator: ")").last?.split(separator: " ") ?? []
        try #require(words.count > 21)
        threads = Int(words[17]) ?? 0
        residentBytes = (Int(words[21]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
        cpuSeconds = Double((Int(words[11]) ?? 0) + (Int(words[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Milliseconds from sending an event to its `OK`.
private func milliseconds(_ client: StreamClient, _ number: Int, _ id: String) -> Int {
    let start = Monotonic.now
    client.send(event(id) + "\n")
    #expect(client.answers(upTo: number).last == "OK \(number)")
    return Monotonic.milliseconds(from: start, to: .now)
}

/// How many files the daemon may open from now on.
private func limit(_ daemon: TestDaemon, _ files: Int) throws {
    let pid = try #require(daemon.process?.pid)
    #expect(try Command.run("/usr/bin/prlimit", ["--pid", "\(pid)", "--nofile=\(files):"]).status == 0)
}

@Suite("Senders that ask too much", .waiting, .serialized) struct ClientAbuseTests {
    @Test("a thousand connections at once each get their own answers, also those that have ended their side")
    func thousand() throws {
        let daemon = try lonelyDaemon()
        let before = try Holding(daemon)
        var clients = try (0..<1000).map { _ in try StreamClient(daemon.streamSocket) }
        for (index, client) in clients.enumerated() {
            client.send((0..<5).map { event("\(index)-\($0)") + "\n" }.joined() + "bad\n")
            if index % 2 == 0 { client.endSending() }
        }
        for (index, client) in clients.enumerated() {
            let answers = client.answers(upTo: 6)
            #expect(answers.filter { $0.hasPrefix("NO 6 not_json ") }.count == 1)
            #expect(answers.last == "OK 6")
            if index % 2 == 0 { #expect(client.line() == nil, "it closes behind the last answer") }
        }
        daemon.hasBalance(received: 6000, rejected: 1000)
        clients = []
        try eventually(within: 20, "their descriptors are free again") {
            try Holding(daemon).descriptors <= before.descriptors + 2
        }
        #expect(try Holding(daemon).threads <= before.threads + 1)
    }

    @Test("behind the end of a sender's side all its answers still come")
    func halfClose() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        let lines = (0..<5000).map { $0 % 50 == 49 ? "[]" : event("h\($0)") }
        client.send(lines.joined(separator: "\n"))
        client.endSending()
        let answers = client.answers(upTo: 5000)
        #expect(answers.filter { $0.hasPrefix("NO ") && $0.contains(" not_object ") }.count == 100)
        #expect(answers.last == "OK 5000")
        #expect(client.line() == nil)
    }

    @Test("five thousand connections that come and go, some in mid-line, leave nothing behind")
    func storm() throws {
        let daemon = try lonelyDaemon()
        let before = try Holding(daemon)
        for round in 0..<5000 {
            let client = try StreamClient(daemon.streamSocket, hello: false)
            switch round % 4 {
            case 0: break
            case 1: client.send("CLICKD/1 A")
            case 2: client.send("CLICKD/1 ACK\n" + event("s\(round)") + "\n" + #"{"event":"#)
            default: client.send(event("s\(round)") + "\n")
            }
        }
        // A last line without LF counts where its sender ended properly: half an event, or half a hello.
        daemon.hasBalance(received: 3 * 1250, rejected: 1250)
        try eventually(within: 20, "their descriptors are free again: \(daemon.status()?.json ?? "")") {
            try Holding(daemon).descriptors <= before.descriptors + 2
        }
        let after = try Holding(daemon)
        #expect(after.threads <= before.threads + 1)
        #expect(after.residentBytes < before.residentBytes + 64 << 20)
        let client = try StreamClient(daemon.streamSocket)
        _ = milliseconds(client, 1, "after")
    }

    @Test("a hundred senders that never read cost little memory, and hold up nobody")
    func deaf() throws {
        let daemon = try lonelyDaemon()
        let before = try Holding(daemon)
        let deaf = try (0..<100).map { _ in try StreamClient(daemon.streamSocket) }
        let rubbish = [UInt8](repeating: 0x0A, count: 8192).enumerated().map { $0.offset % 2 == 0 ? 0x78 : $0.element }
        for client in deaf {
            var idle = 0
            while idle < 5 {
                let count = send(client.raw, rubbish, rubbish.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                // Half a line more or less does not matter here.
                if count > 0 { idle = 0 } else { (idle, _) = (idle + 1, usleep(5_000)) }
            }
        }
        // What they sent is worked off, as far as their unread answers let it; from then on they must cost nobody anything.
        var rejected = -1
        eventually(within: 60, "the deaf ones' lines are refused, and no more of them: \(daemon.status()?.json ?? "")")
        {
            let before = rejected
            rejected = daemon.status()?.rejected ?? -1
            usleep(500_000)
            return rejected > 0 && rejected == before
        }
        let other = try StreamClient(daemon.streamSocket)
        // Five seconds, of which a busy machine is given six for one; held up by the deaf it would never come.
        for number in 1...20 { #expect(milliseconds(other, number, "o\(number)") < 30_000) }
        // Unread answers of 64 KiB, and what one read of 256 KiB can add to them.
        #expect(try Holding(daemon).residentBytes < before.residentBytes + 100 * 8 << 20)
        withExtendedLifetime(deaf) {}
    }

    @Test("while one floods, a hundred others get their OK")
    func flood() throws {
        let daemon = try lonelyDaemon()
        let path = daemon.streamSocket
        let isOver = Guarded(false)
        let thread = try NamedThread.start("flood") {
            guard let flooder = try? StreamClient(path) else { return }
            let chunk = Array((0..<500).map { event("f\($0)") + "\n" }.joined().utf8)
            while !isOver.withLock({ $0 }) {
                guard flooder.send(chunk) else { return }
                // What has come of answers; it may be nothing.
                var answers = [UInt8](repeating: 0, count: 65536)
                _ = recv(flooder.raw, &answers, answers.count, Int32(MSG_DONTWAIT))
            }
        }
        let clients = try (0..<100).map { _ in try StreamClient(daemon.streamSocket) }
        var times: [Int] = []
        for round in 1...10 {
            for (index, client) in clients.enumerated() {
                times.append(milliseconds(client, round, "q\(index)-\(round)"))
            }
        }
        isOver.withLock { $0 = true }
        thread.join()
        times.sort()
        print("beside a flood: OK after \(times[times.count / 2]) ms (median), \(times[times.count - 1]) ms at most")
        #expect(times[times.count / 2] < 5000)
        #expect((daemon.status()?["ledger.stored"] ?? 0) > 10_000, "it was a flood")
    }

    @Test("with no descriptor left connections wait, the daemon rests and says so, and takes them once there are some")
    func descriptors() throws {
        let daemon = try lonelyDaemon()
        try limit(daemon, Holding(daemon).descriptors + 60)
        var clients = try (0..<120).map { number in
            let client = try StreamClient(daemon.streamSocket, hello: false)
            client.send("CLICKD/1 ACK\n\(event("d\(number)"))\n")
            return client
        }
        eventually(within: 10, "it says so: \(daemon.status()?.json ?? "")") {
            daemon.status()?.reasons.contains { $0.hasPrefix("connections: ") && $0.contains("LimitNOFILE") } == true
        }
        #expect(daemon.status()?.state == "degraded")
        let start = try Holding(daemon)
        sleep(3)
        #expect(try Holding(daemon).cpuSeconds - start.cpuSeconds < 1.5, "it does not spin")
        // Those that were taken go, and the others are.
        while !clients.isEmpty {
            let client = clients.removeFirst()
            #expect(client.line() == "CLICKD/1 OK")
            #expect(client.answers(upTo: 1) == ["OK 1"])
        }
        daemon.hasBalance(received: 120, rejected: 0)
        eventually(within: 10, "it is well again") {
            daemon.status()?.reasons.contains { $0.hasPrefix("connections: ") } == false
        }
    }

    @Test("with really no descriptor left it does not spin either, and goes on once there are some")
    func noDescriptors() throws {
        let daemon = try lonelyDaemon()
        // Fewer than are open; poll(2) itself needs as many as it watches.
        try limit(daemon, 16)
        let client = try StreamClient(daemon.streamSocket, hello: false)
        client.send("CLICKD/1 ACK\n\(event("n"))\n")
        let asker = try LocalSocket.connect(path: daemon.folder.path + "/c")
        _ = Files.writeAll(asker.raw, Array("{\"command\":\"status\"}\n".utf8))
        let start = try Holding(daemon)
        sleep(3)
        #expect(try Holding(daemon).cpuSeconds - start.cpuSeconds < 1.5)
        try limit(daemon, 500)
        #expect(client.line() == "CLICKD/1 OK")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        var chunk = [UInt8](repeating: 0, count: 65536)
        #expect(read(asker.raw, &chunk, chunk.count) > 0, "who asked for the status is answered too")
    }
}

@Suite("The wall clock set wrong", .waiting, .enabled(if: Servers.areThere)) struct WallClockTests {
    @Test("set back an hour and on a year under the daemon, events are acknowledged, keep their order and arrive once")
    func shifted() throws {
        let daemon = try TestDaemon()
        let shift = daemon.folder.path + "/shift"
        let library = daemon.folder.path + "/clock.so"
        let source = Command.root + "/Tests/Campaigns/clock.c"
        try #require(try Command.run("/usr/bin/cc", ["-shared", "-fPIC", "-o", library, source]).status == 0)
        try Files.replace(shift, with: Array("0".utf8))
        try daemon.start(environment: ["LD_PRELOAD": library, "CLICKD_CLOCK": shift])
        let client = try StreamClient(daemon.streamSocket)
        var sent = 0
        let hour = 3600
        let year = 365 * 24 * hour
        for seconds in [0, -hour, year, -hour, 0, -2 * year, 0] {
            try Files.replace(shift, with: Array("\(seconds)".utf8))
            for _ in 0..<5 {
                client.send((0..<20).map { event("c\(sent + $0)", #","anonymousId":"v""#) + "\n" }.joined())
                sent += 20
                #expect(client.answers(upTo: sent).last == "OK \(sent)", "\(seconds) s")
            }
            let isWrong = seconds == -2 * year
            eventually(within: 20, "\(seconds) s: \(daemon.status()?.json ?? "")") {
                daemon.status()?.reasons.contains { $0.hasPrefix("clock: ") } == isWrong
            }
            // They arrive under this clock, not only once it is right again.
            eventually(within: 60, "\(sent) arrive at \(seconds) s: \(daemon.status()?.json ?? "")") {
                daemon.status()?["ledger.inserted"] == sent
            }
        }
        #expect(daemon.status()?.isBalanced == true)
        let events = try daemon.events()
        #expect(try events.count() == sent)
        var last = -1
        for number in 0..<sent {
            let event = try #require(try events.findOne(["_id": .string("c\(number)")]))
            let place = Int(event.integer("kafka.o") ?? -1)
            #expect(place > last, "a visitor's events keep their order")
            last = place
        }
        #expect(daemon.stop() == 0)
    }
}
