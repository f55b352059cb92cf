// Secrets show nowhere, memory is private, and what comes from outside can forge no line of the log.
import Linux
import Mongo
import TestSupport
import Testing

@Suite(.waiting) struct SecrecyTests {
    @Test(
        "no secret is in log, status, check-config, doctor, command line or environment, at level debug and with every debug of librdkafka"
    )
    func secrets() throws {
        let servers = Servers.kafka ?? "127.0.0.1:1"
        let folder = try TemporaryFolder()
        let words = ["mongo-hush-1", "kafka-hush-2", "inline-hush-3", "write-hush-4", "key-hush-5", "read-hush-6"]
        for (name, text) in [
            ("uri", "mongodb://someone:\(words[0])@127.0.0.1:1/?serverSelectionTimeoutMS=500"), ("sasl", words[1]),
            ("key", words[4]), ("read", words[5]),
        ] { try Files.replace("\(folder.path)/\(name)", with: Array((text + "\n").utf8), mode: 0o600) }
        let daemon = try TestDaemon(
            kafka: servers, mongodb: "mongodb://127.0.0.1:1",
            extra: """
                [kafka.client]
                "debug" = "all"
                "security.protocol" = "SASL_PLAINTEXT"
                "sasl.mechanism" = "PLAIN"
                "sasl.username" = "someone"
                "sasl.password_file" = "\(folder.path)/sasl"
                "ssl.key.password_file" = "\(folder.path)/key"
                [kafka.consumer]
                "ssl.keystore.password" = "\(words[2])"
                [web]
                write_keys = { shop = "\(words[3])" }
                read_user = "reader"
                read_password_file = "\(folder.path)/read"
                """)
        let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self).replacingFirst(
            of: "uri = \"mongodb://127.0.0.1:1\"", with: "uri_file = \"\(folder.path)/uri\"")
        try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o600)
        let process = try daemon.start()
        eventually(within: 20, "librdkafka has spoken of logging in: \(process.errors.suffix(500))") {
            process.errors.contains("librdkafka") && process.errors.contains("SASL")
                && daemon.status()?.reasons.isEmpty == false
        }
        var shown = ["log": process.errors]
        for command in [
            ["status"], ["status", "--json"], ["check-config"], ["check-config", "--probe"], ["doctor"],
            ["doctor", "--json"],
        ] {
            let result = try daemon.run(command)
            shown[command.joined(separator: " ")] = result.output + result.errors
        }
        for name in ["cmdline", "environ", "status"] {
            shown["/proc/\(name)"] = String(
                decoding: (try? Files.read("/proc/\(process.pid)/\(name)")) ?? [], as: UTF8.self)
        }
        shown["log at the end"] = process.errors
        for (place, text) in shown {
            // The kernel shows the environment to whom it lets read the daemon's memory.
            #expect(!text.isEmpty || place == "/proc/environ", "\(place) says something")
            for word in words { #expect(!text.contains(word), "\(word) is in \(place)") }
        }
        _ = daemon.stop()
    }

    @Test("a wrong value of a secret key is refused without being shown")
    func refused() throws {
        let daemon = try TestDaemon(
            kafka: "127.0.0.1:1", mongodb: "http://u:hush-7@h",
            extra: "[kafka.client]\n\"sasl.password\" = [\"hush-8\"]\n")
        let result = try daemon.run(["check-config"])
        #expect(result.status == 2)
        #expect(!(result.output + result.errors).contains("hush"), "\(result.errors)")
    }

    @Test(
        "a crash leaves no core dump, and no other user reads the daemon's memory or environment",
        .enabled(if: geteuid() == 0))
    func core() throws {
        let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
        chmod(daemon.folder.path, 0o777)
        // As an ordinary user, who would own its own /proc entries otherwise. bash says "(core dumped)" where one was.
        let script = """
            ulimit -c unlimited; cd "$3"
            setpriv --reuid=65534 --regid=65534 --clear-groups "$1" run --config "$2" 2>/dev/null & p=$!
            for i in $(seq 200); do [ -S "$3/c" ] && break; sleep 0.05; done
            stat -c 'owner %u' /proc/$p/environ
            setpriv --reuid=65534 --regid=65534 --clear-groups cat /proc/$p/environ >/dev/null 2>&1 || echo 'environ is private'
            setpriv --reuid=65534 --regid=65534 --clear-groups head -c1 /proc/$p/mem >/dev/null 2>&1 || echo 'memory is private'
            kill -SEGV $p; wait $p; echo "ended $?"
            ls core* 2>/dev/null
            sleep 60 & s=$!; kill -SEGV $s; wait $s
            """
        // Where Swift is installed its runtime catches a crash to tell where it was; the packages come without.
        let result = try Command.run(
            "/bin/bash", ["-c", script, "bash", Command.clickd, daemon.configPath, daemon.folder.path],
            environment: ["SWIFT_BACKTRACE": "enable=no"])
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("owner 0"), "\(result.output)\(result.errors)")
        #expect(lines.contains("environ is private") && lines.contains("memory is private"))
        #expect(lines.contains("ended 139"))
        #expect(!lines.contains { $0.hasPrefix("core") })
        let ends = result.errors.split(separator: "\n").filter { $0.contains("Segmentation fault") }
        #expect(ends.first?.contains("core dumped") == false, "\(result.errors)")
    }

    @Test("nothing that comes in can begin a line of the log, set its priority, or color a terminal")
    func forged() throws {
        let daemon = try TestDaemon(
            mode: Servers.mongodb == nil ? .kafka : .direct, kafka: "127.0.0.1:1")
        let process = try daemon.start(environment: ["JOURNAL_STREAM": "1:1"])
        let evil = #"\n<0>forged: all is lost\r<1>forged\u001b[31mred\u009b31mred"#
        let raw = "\u{1B}[31m\n<0>forged\r\n<1>forged \u{9B}31m"
        for (index, hello) in ["CLICKD/9 \(raw)\n", "CLICKD/1 ACK\n\(raw)\n{\"event\":\"\(raw)\"}\n", "\(raw)\n"]
            .enumerated()
        {
            let client = try StreamClient(daemon.streamSocket, hello: false)
            client.send(hello)
            client.send(
                #"{"event":"\#(evil)","messageId":"f\#(index)\#(evil)","anonymousId":"\#(evil)","type":"\#(evil)"}"#
                    + "\n")
            client.endSending()
            while client.line() != nil {}
        }
        // The same id with another content: a dead letter, which is spoken of.
        let client = try StreamClient(daemon.streamSocket)
        client.send(#"{"event":"a","messageId":"x\#(evil)"}"# + "\n" + #"{"event":"b","messageId":"x\#(evil)"}"# + "\n")
        _ = client.answers(upTo: 2)
        if let asker = try? LocalSocket.connect(path: daemon.folder.path + "/c") {
            _ = Files.writeAll(asker.raw, Array("{\"command\":\"\(evil)\"}\n".utf8))
        }
        if Servers.mongodb != nil {
            eventually(within: 20, "all are written: \(daemon.status()?.json ?? "")") {
                daemon.status()?["ledger.outbox"] == 0
            }
        }
        let status = try daemon.run(["status"])
        _ = daemon.stop()
        let lines = process.errors.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count > 2)
        for line in lines where !line.isEmpty {
            #expect(
                line.first == "<" && ["3", "4", "5", "6", "7"].contains(line.dropFirst().first)
                    && line.dropFirst(2).first == ">", "\(line)")
            #expect(!line.dropFirst(3).hasPrefix("forged"))
        }
        for text in [process.errors, status.output] {
            #expect(
                !text.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) })
        }
    }

    @Test("only users of allow_users may send, by the kernel's word on who they are", .enabled(if: geteuid() == 0))
    func users() throws {
        let daemon = try lonelyDaemon(intake: "socket_mode = \"0666\"\nallow_users = [\"root\"]")
        chmod(daemon.folder.path, 0o755)
        func send(as user: String, _ id: String, _ kind: String, _ path: String) throws -> String {
            try Command.run(
                "/usr/bin/setpriv",
                [
                    "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "/bin/sh", "-c",
                    "printf '%s\\n' \"$1\" | socat -t1 - \"$2:$3\"", "sh",
                    (kind == "UNIX-CONNECT" ? "CLICKD/1 ACK\n" : "") + event(id), kind, path,
                ]
            ).output
        }
        #expect(try send(as: "65534", "n1", "UNIX-CONNECT", daemon.streamSocket).isEmpty, "no answer to a stranger")
        _ = try send(as: "65534", "n2", "UNIX-SENDTO", daemon.datagramSocket)
        #expect(try send(as: "0", "r1", "UNIX-CONNECT", daemon.streamSocket).contains("OK 1"))
        _ = try send(as: "0", "r2", "UNIX-SENDTO", daemon.datagramSocket)
        daemon.eventuallyStored(2)
        daemon.hasBalance(received: 2, rejected: 0)
    }

    @Test("UDP on every address is heard only from those of udp_allow")
    func udp() throws {
        func daemon(_ allow: String) throws -> TestDaemon {
            let daemon = try TestDaemon(kafka: "127.0.0.1:1", mongodb: "mongodb://127.0.0.1:1")
            let text = String(decoding: try Files.read(daemon.configPath), as: UTF8.self).replacingFirst(
                of: "udp = \"127.0.0.1:", with: "udp_allow = [\"\(allow)\"]\nudp = \"0.0.0.0:")
            try Files.replace(daemon.configPath, with: Array(text.utf8), mode: 0o644)
            try daemon.start()
            return daemon
        }
        func send(_ id: String, from address: String, to daemon: TestDaemon) throws {
            try Command.run(
                "/bin/sh",
                [
                    "-c", "printf '%s' \"$1\" | socat - \"UDP4-SENDTO:127.0.0.1:$2,bind=$3\"", "sh", event(id),
                    "\(daemon.udpPort)", address,
                ])
        }
        let one = try daemon("127.0.0.7/32")
        try send("stranger", from: "127.0.0.8", to: one)
        try send("friend", from: "127.0.0.7", to: one)
        one.eventuallyStored(1)
        try send("stranger", from: "127.0.0.1", to: one)
        try send("friend 2", from: "127.0.0.7", to: one)
        one.eventuallyStored(2)
        one.hasBalance(received: 2, rejected: 0)
    }
}
