// The wire protocol, line by line, as docs/wire-protocol.md promises it: the stream socket. No servers: Kafka is at a
// closed port, so that everything stays in the outbox.
import Linux
import TestSupport
import Testing

@Suite("Wire protocol: hello and answers", .waiting) struct HelloTests {
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

@Suite("Wire protocol: lines", .waiting) struct LineTests {
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

@Suite("Wire protocol: many connections", .waiting) struct ConnectionTests {
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
