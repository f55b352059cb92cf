// The wire protocol, line by line, as docs/wire-protocol.md promises it. No servers: Kafka is at a closed port, so that
// everything stays in the outbox.
import Linux
import TestSupport
import Testing

/// A daemon that takes events and has nowhere to send them.
func lonelyDaemon(intake: String = "", extra: String = "") throws -> TestDaemon {
    let daemon = try TestDaemon(
        roles: ["intake", "forwarder"], kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1", intake: intake,
        extra: extra)
    try daemon.start()
    return daemon
}

func event(_ id: String, _ more: String = "") -> String { #"{"event":"e","messageId":"\#(id)"\#(more)}"# }

extension TestDaemon {
    func eventuallyStored(_ count: Int, within seconds: Double = 10, _ location: SourceLocation = #_sourceLocation) {
        eventually(within: seconds, "\(count) are stored: \(status()?.json ?? "")", sourceLocation: location) {
            status()?["ledger.stored"] == count
        }
    }

    func hasBalance(received: Int, rejected: Int, _ location: SourceLocation = #_sourceLocation) {
        eventually(
            within: 10, "\(received) received, \(rejected) rejected: \(status()?.json ?? "")", sourceLocation: location
        ) {
            guard let status = status() else { return false }
            return status.isBalanced && status["ledger.received"] == received && status.rejected == rejected
                && status["ledger.pending"] == 0
        }
    }
}

/// What is stored from now on, as `clickd tail` shows it.
final class Tail {
    private let process: Process

    /// Returns when it is known to see what is stored; costs the daemon a few events called "prime".
    init(_ daemon: TestDaemon) throws {
        let process = try Process.start(Command.clickd, ["tail", "--config", daemon.configPath])
        self.process = process
        let client = try StreamClient(daemon.streamSocket)
        var sent = 0
        eventually(within: 10, "tail shows events: \(process.errors)") {
            sent += 1
            client.send(#"{"event":"prime"}"# + "\n")
            _ = client.answers(upTo: sent)
            return process.outputBytes.contains(0x0A)
        }
    }

    deinit { process.signal(SIGKILL) }

    /// Stored events that contain `text`; waits until there are `count`.
    func lines(_ count: Int, with text: String, _ location: SourceLocation = #_sourceLocation) -> [String] {
        var found: [String] = []
        eventually(within: 10, "tail shows \(count) with \(text)", sourceLocation: location) {
            found = String(decoding: process.outputBytes, as: UTF8.self).split(separator: "\n").map(String.init)
                .filter { $0.contains(text) }
            return found.count >= count
        }
        return found
    }
}

@Suite("Wire protocol: hello and answers") struct HelloTests {
    @Test("the hello is answered with OK, also with CRLF and behind blank lines")
    func hello() throws {
        let daemon = try lonelyDaemon()
        for text in ["CLICKD/1 ACK\n", "CLICKD/1 ACK\r\n", "\n \t\r\nCLICKD/1 ACK\n"] {
            let client = try StreamClient(daemon.streamSocket, hello: false)
            client.send(text)
            #expect(client.line() == "CLICKD/1 OK")
            client.send(event("a") + "\n")
            #expect(client.answers(upTo: 1) == ["OK 1"])
        }
        daemon.hasBalance(received: 3, rejected: 0)
    }

    @Test("an unknown hello gets ERR, the connection is closed, and nothing is counted")
    func unknownHello() throws {
        let daemon = try lonelyDaemon()
        for text in ["CLICKD/2 ACK\n", "CLICKD/1\n", "CLICKD/1 ack\n", "CLICKD/\n", "CLICKD/1 ACK more\n"] {
            let whole = try StreamClient(daemon.streamSocket, hello: false)
            whole.send(text + event("after") + "\n")
            #expect(whole.line()?.hasPrefix("CLICKD/1 ERR ") == true)
            #expect(whole.line() == nil)

            let slow = try StreamClient(daemon.streamSocket, hello: false)
            for byte in text.utf8 {
                slow.send([byte])
                usleep(1000)
            }
            #expect(slow.line()?.hasPrefix("CLICKD/1 ERR ") == true)
            #expect(slow.line() == nil)

            let ended = try StreamClient(daemon.streamSocket, hello: false)
            ended.send(Array(text.utf8.dropLast()))
            ended.endSending()
            #expect(ended.line()?.hasPrefix("CLICKD/1 ERR ") == true)
            #expect(ended.line() == nil)
        }
        daemon.hasBalance(received: 0, rejected: 0)
    }

    @Test("a hello that is not the first line is a line like others")
    func lateHello() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        client.send("CLICKD/1 ACK\n" + event("a") + "\n")
        let answers = client.answers(upTo: 2)
        #expect(answers.first?.hasPrefix("NO 1 not_json ") == true)
        #expect(answers.last == "OK 2")
    }

    @Test("a connection without the hello gets nothing back, and its events are stored")
    func silent() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket, hello: false)
        client.send(event("a") + "\nnonsense\n" + event("b") + "\n")
        daemon.hasBalance(received: 3, rejected: 1)
        client.endSending()
        #expect(client.line() == nil)
        var byte: UInt8 = 0
        #expect(recv(client.raw, &byte, 1, 0) == 0, "the end, and no byte before it")
    }

    @Test("NO names the line, the code and a text; blank lines and the hello are not counted")
    func numbers() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        client.send("\n\r\n \t \r\n" + event("a") + "\r\n\n[]\n\n\nno\r\n" + event("b") + "\n")
        let answers = client.answers(upTo: 4)
        #expect(
            answers.filter { $0.hasPrefix("NO ") }.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
                == ["NO 2 not_object", "NO 3 not_json"])
        #expect(answers.last == "OK 4")
        #expect(answers.allSatisfy { !$0.hasPrefix("NO ") || $0.split(separator: " ").count > 3 })
        daemon.hasBalance(received: 4, rejected: 2)
    }

    @Test("OK only grows, and ends at the last line")
    func cumulative() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        for part in 0..<50 {
            client.send((0..<100).map { event("\(part)-\($0)") + "\n" }.joined())
        }
        let numbers = client.answers(upTo: 5000).map { Int($0.dropFirst(3)) ?? -1 }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(numbers.last == 5000)
        daemon.eventuallyStored(5000)
    }
}

@Suite("Wire protocol: lines") struct LineTests {
    @Test("a last line without LF at the end of the stream is an event, and is answered")
    func lastLine() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("a") + "\n" + event("b"))
        client.endSending()
        #expect(client.answers(upTo: 2).last == "OK 2")
        #expect(client.line() == nil)
        daemon.eventuallyStored(2)
    }

    @Test("a line beyond the limit is refused, skipped to its LF, and the connection lives on")
    func tooLong() throws {
        let daemon = try lonelyDaemon(intake: #"max_event_bytes = "4 KiB""#)
        let client = try StreamClient(daemon.streamSocket)
        func sized(_ count: Int) -> String {
            let bare = event("x", #","pad":"""#).utf8.count
            return event("x", #","pad":"\#(String(repeating: "p", count: count - bare))""#)
        }
        // At the limit, with CR too; one more; far more than a read; and a line that is not JSON either.
        client.send(sized(4096) + "\n" + sized(4096) + "\r\n" + sized(4097) + "\n" + sized(2_000_000) + "\n")
        client.send(String(repeating: "z", count: 700_000) + "\n" + event("last") + "\n")
        let answers = client.answers(upTo: 6)
        let refused = answers.filter { $0.hasPrefix("NO ") }
        #expect(refused.map { $0.split(separator: " ")[1] } == ["3", "4", "5"])
        #expect(refused.allSatisfy { $0.contains(" too_large ") })
        daemon.hasBalance(received: 6, rejected: 3)
    }

    @Test("blanks beyond the limit are a blank line; with a word behind them they are a refused one")
    func longBlanks() throws {
        let daemon = try lonelyDaemon(intake: #"max_event_bytes = "4 KiB""#)
        let client = try StreamClient(daemon.streamSocket)
        let blanks = String(repeating: " ", count: 700_000)
        client.send(blanks + "\r\n" + blanks + event("a") + "\n" + event("b") + "\n")
        let answers = client.answers(upTo: 2)
        #expect(answers.first?.hasPrefix("NO 1 too_large ") == true)
        #expect(answers.last == "OK 2")
        daemon.hasBalance(received: 2, rejected: 1)
    }

    @Test("a writer that sends byte by byte is understood")
    func slowly() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket, hello: false)
        for byte in "CLICKD/1 ACK\r\n\r\n\(event("a"))\r\n[]\n\(event("ü€😀"))\n".utf8 {
            client.send([byte])
            usleep(200)
        }
        #expect(client.line() == "CLICKD/1 OK")
        let answers = client.answers(upTo: 3)
        #expect(answers.contains { $0.hasPrefix("NO 2 not_object ") })
        #expect(answers.last == "OK 3")
        daemon.hasBalance(received: 3, rejected: 1)
    }

    @Test("on stop, whole lines are committed and answered, a half line is dropped uncounted, the connection closes")
    func stop() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("a") + "\n" + event("b") + "\nbad\n" + event("half"))
        let answers = client.answers(upTo: 3)
        #expect(answers.last == "OK 3")
        #expect(daemon.stop() == 0)
        #expect(client.line() == nil)
        try daemon.start()
        daemon.hasBalance(received: 3, rejected: 1)
    }
}

@Suite("Wire protocol: many connections") struct ConnectionTests {
    @Test("200 connections at once each get their own answers")
    func many() throws {
        let daemon = try lonelyDaemon()
        let clients = try (0..<200).map { _ in try StreamClient(daemon.streamSocket) }
        for round in 0..<10 {
            for (index, client) in clients.enumerated() {
                // Half an event now, its end later, so that connections' lines lie between each other's.
                let line = Array((event("\(index)-\(round)") + "\n").utf8)
                client.send(Array(line[..<(line.count / 2)]))
            }
            for (index, client) in clients.enumerated() {
                let line = Array((event("\(index)-\(round)") + "\n").utf8)
                client.send(Array(line[(line.count / 2)...]))
            }
        }
        for client in clients { #expect(client.answers(upTo: 10).last == "OK 10") }
        daemon.hasBalance(received: 2000, rejected: 0)
    }

    @Test("a sender that never reads its answers is read no further; others go on; no NO is dropped")
    func neverReads() throws {
        let daemon = try lonelyDaemon()
        let deaf = try StreamClient(daemon.streamSocket)
        let chunk = [UInt8](repeating: 0, count: 8192).enumerated().map { UInt8($0.offset % 2 == 0 ? 0x78 : 0x0A) }
        var sent = 0
        var idle = 0
        while idle < 50, sent < 64 << 20 {
            let from = sent % 2
            let count = chunk.withUnsafeBytes {
                send(deaf.raw, $0.baseAddress.map { $0 + from }, 4096, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            if count > 0 { (sent, idle) = (sent + count, 0) } else { (idle, _) = (idle + 1, usleep(10_000)) }
        }
        #expect(sent < 16 << 20, "the daemon must stop reading from it")
        let other = try StreamClient(daemon.streamSocket)
        other.send(event("a") + "\n")
        #expect(other.answers(upTo: 1) == ["OK 1"])

        // A half line is completed while answers are read, or both sides would wait.
        let lines = (sent + 1) / 2
        var refused = 0
        var settled = 0
        var completed = sent % 2 == 0
        while settled < lines, let answer = deaf.line() {
            if answer.hasPrefix("NO ") {
                refused += 1
                if !answer.hasPrefix("NO \(refused) not_json ") { Issue.record("\(answer) instead of NO \(refused)") }
            } else {
                let next = Int(answer.dropFirst(3)) ?? -1
                if next <= settled || next > refused { Issue.record("\(answer) after \(refused) NO") }
                settled = next
            }
            if !completed, settled >= lines - 1 {
                deaf.send("\n")
                completed = true
            }
        }
        #expect(refused == lines)
        daemon.hasBalance(received: lines + 1, rejected: lines)
    }

    @Test("a peer that closes without reading has its lines stored")
    func closesEarly() throws {
        let daemon = try lonelyDaemon()
        for round in 0..<20 {
            let client = try StreamClient(daemon.streamSocket)
            client.send((0..<50).map { event("\(round)-\($0)") + "\n" }.joined() + "bad\n" + event("\(round)-last"))
        }
        daemon.hasBalance(received: 20 * 52, rejected: 20)
    }

    @Test("beyond max_connections a connection waits, and is served when another ends")
    func limit() throws {
        let daemon = try lonelyDaemon(intake: "max_connections = 2")
        var first: StreamClient? = try StreamClient(daemon.streamSocket)
        let second = try StreamClient(daemon.streamSocket)
        let waiting = try (0..<3).map { number in
            let client = try StreamClient(daemon.streamSocket, hello: false)
            client.send("CLICKD/1 ACK\n\(event("w\(number)"))\n")
            client.endSending()
            return client
        }
        second.send(event("s") + "\n")
        #expect(second.answers(upTo: 1) == ["OK 1"])
        var entry = pollfd(fd: waiting[0].raw, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 300) == 0, "a third connection must wait")
        #expect(first?.raw != nil)
        first = nil
        for client in waiting {
            #expect(client.line() == "CLICKD/1 OK")
            #expect(client.answers(upTo: 1) == ["OK 1"])
            #expect(client.line() == nil)
        }
        daemon.hasBalance(received: 4, rejected: 0)
    }

    @Test(
        "a user who is not allowed is closed on the stream and not heard on the datagram socket",
        .enabled(if: getuid() == 0 && Files.exists("/usr/bin/setpriv") && Files.exists("/usr/bin/socat")))
    func allowUsers() throws {
        let daemon = try lonelyDaemon(intake: "socket_mode = \"0666\"\nallow_users = [\"nobody\"]")
        let refused = try StreamClient(daemon.streamSocket, hello: false)
        refused.send("CLICKD/1 ACK\n\(event("no"))\n")
        #expect(refused.line() == nil)
        try Datagrams(unix: daemon.datagramSocket).send(event("no"))
        func asNobody(_ address: String) throws -> Command {
            try Command.run(
                "/usr/bin/setpriv", ["--reuid=nobody", "--clear-groups", "socat", "-t", "5", "-", address],
                input: Array("CLICKD/1 ACK\n\(event("yes"))\n".utf8))
        }
        #expect(try asNobody("UNIX-CONNECT:" + daemon.streamSocket).output == "CLICKD/1 OK\nOK 1\n")
        let datagram = try Command.run(
            "/usr/bin/setpriv",
            ["--reuid=nobody", "--clear-groups", "socat", "-u", "-", "UNIX-SENDTO:" + daemon.datagramSocket],
            input: Array(event("yes").utf8))
        #expect(datagram.status == 0, "\(datagram.errors)")
        daemon.hasBalance(received: 2, rejected: 0)
    }

    @Test("socket_mode and socket_group are those of the files", .enabled(if: getuid() == 0))
    func fileModes() throws {
        let daemon = try lonelyDaemon(intake: "socket_mode = \"0620\"\nsocket_group = \"daemon\"")
        let group = try #require(getgrnam("daemon")).pointee.gr_gid
        for path in [daemon.streamSocket, daemon.datagramSocket] {
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o620)
            #expect(status.st_gid == group)
        }
        let plain = try lonelyDaemon()
        for path in [plain.streamSocket, plain.datagramSocket, plain.folder.path + "/c"] {
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o660)
        }
    }
}

@Suite("Wire protocol: datagrams") struct DatagramTests {
    @Test("one event or several a datagram, LF between them, over Unix and UDP")
    func several() throws {
        let daemon = try lonelyDaemon()
        for socket in [try Datagrams(unix: daemon.datagramSocket), try Datagrams(udpPort: daemon.udpPort)] {
            socket.send(event("1"))
            socket.send(event("1") + "\n")
            socket.send(event("1") + "\r\n\r\n \n" + event("2") + "\n[]\n" + event("3"))
            socket.send("")
            socket.send("\n")
        }
        daemon.hasBalance(received: 12, rejected: 2)
    }

    @Test("a syslog header in front of the event is skipped")
    func syslog() throws {
        let daemon = try lonelyDaemon()
        let tail = try Tail(daemon)
        let headers = [
            "<13>", "<13>Oct 11 22:14:15 host shop[12]: ", "<190>1 2026-01-01T00:00:00.000Z host shop 12 ID47 - ",
            "<14>nginx: ", "<165>1 - - - - - - \u{FEFF}",
        ]
        for (kind, socket) in [
            ("unix", try Datagrams(unix: daemon.datagramSocket)), ("udp", try Datagrams(udpPort: daemon.udpPort)),
        ] {
            for (index, header) in headers.enumerated() { socket.send(header + event("\(kind)-\(index)")) }
        }
        for kind in ["unix", "udp"] {
            let lines = tail.lines(headers.count, with: "\"messageId\":\"\(kind)-")
            #expect(lines.count == headers.count)
            #expect(lines.allSatisfy { $0.hasPrefix("{\"receivedAt\"") && $0.hasSuffix("}") })
        }
        let before = daemon.status()?.rejected ?? -1
        try Datagrams(unix: daemon.datagramSocket).send("<13>no event at all")
        eventually(within: 5, "one more is rejected") { daemon.status()?.rejected == before + 1 }
    }

    @Test("a header is skipped on datagrams only")
    func streamHasNoHeader() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        client.send("<13>" + event("a") + "\n")
        #expect(client.answers(upTo: 1).first?.hasPrefix("NO 1 not_json ") == true)
    }
}

@Suite("Wire protocol: what is stored") struct StoredBytesTests {
    @Test("the sender's bytes are kept as they are, with receivedAt and host in front")
    func front() throws {
        let daemon = try lonelyDaemon(extra: "[host]\nname = \"web-\\\"1\"")
        let tail = try Tail(daemon)
        let client = try StreamClient(daemon.streamSocket)
        let rest =
            #"  "event" : "e\u0065é",  "messageId":"keep-1", "properties":{"b":1.50,"a":[1, 2],"b":1e2} , "z":null}"#
        client.send("  {" + rest + "  \n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let line = try #require(tail.lines(1, with: "keep-1").first)
        let pattern = try Regex(
            #"\{"receivedAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","host":"web-\\"1","#)
        let match = try #require(line.prefixMatch(of: pattern), "\(line)")
        #expect(String(line[match.range.upperBound...]) == rest)
    }

    @Test("a sender's own receivedAt and host are dropped, however they are written, wherever they stand")
    func ours() throws {
        let daemon = try lonelyDaemon(extra: "[host]\nname = \"me\"")
        let tail = try Tail(daemon)
        let client = try StreamClient(daemon.streamSocket)
        let lines = [
            #"{"host":"evil","event":"e","messageId":"own-1","x":{"host":"inner"}}"#,
            #"{"event":"e","receivedAt":"1999-01-01T00:00:00Z","messageId":"own-2","host":{"a":["}",{"b":1}]}}"#,
            #"{"event":"e","messageId":"own-3","h\u006fst":"evil","receivedAt":1,"host":"evil","receivedAt":2}"#,
            #"{"receivedAt":null , "host" : [1,"\"],"] ,"event":"e","messageId":"own-4"}"#,
        ]
        client.send(lines.joined(separator: "\n") + "\n")
        #expect(client.answers(upTo: 4).last == "OK 4")
        let stored = tail.lines(4, with: "own-").map { line in
            let front = line.firstRange(of: "Z\",\"host\":\"me\",")
            return front.map { String(line[$0.upperBound...]) } ?? line
        }
        #expect(
            stored == [
                #""event":"e","messageId":"own-1","x":{"host":"inner"}}"#, #""event":"e","messageId":"own-2"}"#,
                #""event":"e","messageId":"own-3"}"#, #""event":"e","messageId":"own-4"}"#,
            ])
    }

    @Test("an event without messageId gets one, never the same twice, over restarts too")
    func generated() throws {
        let daemon = try lonelyDaemon()
        var ids: [Substring] = []
        for _ in 0..<2 {
            let tail = try Tail(daemon)
            let client = try StreamClient(daemon.streamSocket)
            client.send(String(repeating: #"{"event":"gen"}"# + "\n", count: 500))
            #expect(client.answers(upTo: 500).last == "OK 500")
            let lines = tail.lines(500, with: "\"gen\"")
            #expect(lines.allSatisfy { $0.hasPrefix("{\"messageId\":\"") })
            ids += lines.map { $0.dropFirst(14).prefix { $0 != "\"" } }
            #expect(daemon.stop() == 0)
            try daemon.start()
        }
        #expect(ids.count == 1000)
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { (1...128).contains($0.utf8.count) })
    }
}
