// What whoever supervises clickd relies on: it stops in bounded time, one daemon an outbox and a socket, and it talks to
// systemd.
import Linux
import Mongo
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: Servers.areThere)) struct SupervisionTests {
    private func event(_ id: String) -> String {
        String(decoding: Sample.event(id: id, number: 1), as: UTF8.self) + "\n"
    }

    @Test(
        "a stop: SIGTERM ends it within 20 s with exit 0, also with every neighbour dead",
        arguments: [TestDaemon.Mode.kafka, .direct])
    func stopsAlone(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(mode: mode, kafka: "127.0.0.1:1", mongodb: TestDaemon.nowhere)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("alone"))
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let start = Monotonic.now
        #expect(daemon.stop(within: 20) == 0)
        print("\(mode): stopped after \(Monotonic.milliseconds(from: start, to: .now)) ms with nobody there")
        // And the event is still there.
        try daemon.start()
        #expect(daemon.status()?["ledger.outbox"] == 1)
        #expect(daemon.status()?.isBalanced == true)
    }

    @Test("sockets that a killed daemon left are replaced by the next")
    func replacesDeadSockets() throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        daemon.kill()
        for path in [daemon.streamSocket, daemon.datagramSocket] { #expect(Files.exists(path), "kill leaves sockets") }
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("stream"))
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let datagrams = try LocalSocket.connect(.datagram, path: daemon.datagramSocket)
        #expect(Files.writeAll(datagrams.raw, Array(event("datagram").utf8)))
        try Arrival.expect(["stream", "datagram"], in: daemon, within: 20)
        #expect(daemon.stop() == 0)
        for path in [daemon.streamSocket, daemon.datagramSocket] {
            #expect(!Files.exists(path), "stop removes sockets")
        }
    }

    @Test("a second daemon on one outbox: refused with exit 2 and told the first's process id")
    func oneDaemonAnOutbox() throws {
        let daemon = try TestDaemon(mode: .direct)
        let first = try daemon.start()
        let second = try start(daemon, replacing: [("/s\"", "/s2\""), ("/d\"", "/d2\""), ("/c\"", "/c2\"")])
        #expect(second.wait(seconds: 60) == 2)
        #expect(second.errors.contains("\(first.pid)"), "\(second.errors)")
        #expect(daemon.status()?.texts["state"] == "running")
    }

    @Test("a live daemon's socket: never replaced", arguments: ["/s", "/d", "/c"])
    func oneDaemonASocket(socket: String) throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let others = ["/s", "/d", "/c"].filter { $0 != socket }.map { ($0 + "\"", $0 + "2\"") }
        let second = try start(daemon, replacing: others + [("/outbox\"", "/outbox2\"")])
        #expect(second.wait(seconds: 60) == 2)
        #expect(second.errors.contains(daemon.folder.path + socket), "\(second.errors)")
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("first"))
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let datagrams = try LocalSocket.connect(.datagram, path: daemon.datagramSocket)
        #expect(Files.writeAll(datagrams.raw, Array(event("second").utf8)))
        eventually(within: 10, "both came to the first daemon") { daemon.status()?["ledger.received"] == 2 }
    }

    /// A daemon with `daemon`'s configuration but for some texts, and its own UDP port.
    private func start(_ daemon: TestDaemon, replacing changes: [(String, String)]) throws -> Process {
        var text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self)
        for (old, new) in changes + [("127.0.0.1:\(daemon.udpPort)", "")] {
            text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.hasSuffix(old) || line.hasSuffix(old + "\"") ? Self.replaced(String(line), old, new) : String(line)
            }.joined(separator: "\n")
        }
        let path = daemon.folder.path + "/second.toml"
        try Files.replace(path, with: Array(text.utf8))
        return try Process.start(Command.clickd, ["run", "--config", path])
    }

    /// `line` with `old` at its end (a quote may follow) replaced by `new`.
    private static func replaced(_ line: String, _ old: String, _ new: String) -> String {
        line.hasSuffix(old) ? line.dropLast(old.count) + new : line.dropLast(old.count + 1) + new + "\""
    }

    @Test("systemd hears READY=1, a status, WATCHDOG=1 again and again, and STOPPING=1")
    func notifies() throws {
        let daemon = try TestDaemon(mode: .direct)
        let path = daemon.folder.path + "/notify"
        let inbox = try LocalSocket.bind(.datagram, path: path, mode: 0o666, group: nil)
        try daemon.start(environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"])
        var heard: [String] = []
        func hear() {
            var chunk = [UInt8](repeating: 0, count: 8192)
            while true {
                let count = read(inbox.raw, &chunk, chunk.count)
                guard count > 0 else { return }
                heard += String(decoding: chunk[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
        let start = Monotonic.now
        eventually(within: 10, "ready, and watched: \(heard)") {
            hear()
            return heard.contains("READY=1") && heard.filter { $0 == "WATCHDOG=1" }.count >= 6
        }
        let seconds = Monotonic.seconds(from: start, to: .now)
        #expect(seconds < 30, "six signs of life in six half intervals, and room for a slow machine, not \(seconds) s")
        #expect(heard.contains { $0.hasPrefix("STATUS=") })
        #expect(!heard.contains("STOPPING=1"))
        #expect(daemon.stop() == 0)
        hear()
        #expect(heard.contains("STOPPING=1"))
    }

    @Test("sockets handed over by systemd are served, instead of the configured paths")
    func activated() throws {
        let daemon = try TestDaemon(mode: .direct)
        let (stream, datagram) = (daemon.folder.path + "/given.s", daemon.folder.path + "/given.d")
        let launcher = """
            import os, socket, sys
            a = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); a.bind(sys.argv[1]); a.listen()
            b = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); b.bind(sys.argv[2])
            held = [os.dup2(os.dup(s.fileno()), 100 + i) for i, s in enumerate((a, b))]
            for i, fd in enumerate(held): os.dup2(fd, 3 + i)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2")
            os.execv(sys.argv[3], sys.argv[3:])
            """
        let process = try Process.start(
            "python3", ["-c", launcher, stream, datagram, Command.clickd, "run", "--config", daemon.configPath])
        eventually(within: 15, "the daemon answers: \(process.errors)") { daemon.status() != nil }
        #expect(!Files.exists(daemon.streamSocket) && !Files.exists(daemon.datagramSocket))
        let client = try StreamClient(stream)
        client.send(event("given stream"))
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let datagrams = try LocalSocket.connect(.datagram, path: datagram)
        #expect(Files.writeAll(datagrams.raw, Array(event("given datagram").utf8)))
        try Arrival.expect(["given stream", "given datagram"], in: daemon, within: 20)
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 60) == 0)
        #expect(Files.exists(stream) && Files.exists(datagram), "systemd's sockets stay")
    }
}
