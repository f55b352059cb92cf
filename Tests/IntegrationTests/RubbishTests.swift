// What is wrong is refused with the right code and counted, and harms neither the daemon nor its neighbours; what is
// nasty but right is in MongoDB with its values.
import Linux
import Mongo
import TestSupport
import Testing

/// Sends datagrams as they are, over Unix or UDP.
final class Datagrams {
    private let socket: FileDescriptor

    init(unix path: String) throws {
        socket = try LocalSocket.connect(.datagram, path: path)
        LocalSocket.set(SO_SNDBUFFORCE, 4 << 20, on: socket.raw)
    }

    init(udpPort: Int) throws {
        let raw = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("socket") }
        socket = FileDescriptor(owning: raw)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(udpPort).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(raw, $0, size) }
        }
        guard connected == 0 else { throw SystemError("connect udp") }
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool { Glibc.send(socket.raw, bytes, bytes.count, 0) == bytes.count }
}

/// The same numbers in every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// A line that must be refused, and with which code.
private struct Bad {
    let bytes: [UInt8]
    let code: String
    init(_ code: String, _ text: String) { (self.code, bytes) = (code, Array(text.utf8)) }
    init(_ code: String, _ bytes: [UInt8]) { (self.code, self.bytes) = (code, bytes) }
}

private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

/// An event whose properties nest `depth` levels deep, the event itself being the first.
private func nested(_ depth: Int, _ id: String = "deep") -> String {
    event(id, #","properties":{"a":\#(repeated("[", depth - 3))[1]\#(repeated("]", depth - 3))}"#)
}

private let maxEventBytes = 16 << 10

private var badLines: [Bad] {
    let notJSON = [
        #"{"event":"e""#, #"{"event":"e"}}"#, #"{"event":"e"} {"event":"e"}"#, #"{"event":"e"},"#, #"{event:"e"}"#,
        "{'event':'e'}", #"{"event":"e",}"#, #"{"event":tru}"#, #"{"event":"e","n":NaN}"#, #"{"event":"e","n":01}"#,
        #"{"event":"e","n":1.}"#, #"{"event":"e","n":+1}"#, #"{"event":"e","n":0x10}"#, #"{"event":"e","s":"\x"}"#,
        #"{"event":"e","s":"\ud800"}"#, #"{"event":"e","s":"\udc00x"}"#, #"{"event":"e","s":"\u12"}"#,
        "{\"event\":\"e\",\"s\":\"a\u{0}b\"}", "{\"event\":\"e\",\"a\u{0}b\":1}", "{\"event\":\"e\"}\u{0}",
        "\u{0}{\"event\":\"e\"}", "{\"event\":\"e\",\"s\":\"a\tb\"}", "hello", "{", "}", "\u{B}", "\u{0}",
        "{\"event\":\"e\"}// x",
    ].map { Bad("not_json", $0) }
    let notObject = ["[]", "[{\"event\":\"e\"}]", "\"x\"", "1", "-1.5e3", "null", "true", " [1] "]
        .map { Bad("not_object", $0) }
    let front = Array(#"{"event":"e","s":""#.utf8)
    let notUTF8 =
        ([[0xFF], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]] as [[UInt8]])
        .map { Bad("not_utf8", front + $0 + Array("\"}".utf8)) }
    let badNumber = [
        "1e400", "-1e400", "18446744073709551616", "-9223372036854775809", repeated("9", 400),
    ].flatMap {
        [
            Bad("bad_number", #"{"event":"e","n":\#($0)}"#),
            Bad("bad_number", #"{"event":"e","properties":{"a":[{"n":\#($0)}]}}"#),
        ]
    }
    let tooDeep = [
        nested(65), nested(1000), #"{"event":"e","a":\#(repeated("{\"b\":", 1000))1\#(repeated("}", 1000))}"#,
    ]
    .map { Bad("too_deep", $0) }
    let fields = [
        "{}", #"{"event":null}"#, #"{"event":""}"#, #"{"event":1}"#, #"{"event":["e"]}"#,
        #"{"event":"\#(repeated("ä", 201))"}"#, #"{"type":"track"}"#, #"{"event":"e","type":"Track"}"#,
        #"{"event":"e","type":1}"#, #"{"event":"e","messageId":1}"#, #"{"event":"e","messageId":""}"#,
        #"{"event":"e","messageId":"\#(repeated("m", 129))"}"#, #"{"event":"e","anonymousId":true}"#,
        #"{"event":"e","userId":{}}"#, #"{"event":"e","userId":[]}"#, #"{"event":"e","timestamp":"yesterday"}"#,
        #"{"event":"e","timestamp":"2026-01-01T00:00:00"}"#, #"{"event":"e","sentAt":true}"#,
        #"{"event":"e","originalTimestamp":{}}"#, #"{"event":"e","properties":[]}"#, #"{"event":"e","properties":"x"}"#,
        #"{"event":"e","context":1}"#, #"{"event":"e","traits":true}"#,
        // Twice, also when one is written with an escape.
        #"{"event":"a","event":"b"}"#, #"{"event":"a","ev\u0065nt":"a"}"#,
        #"{"event":"e","messageId":"a","messageId":"a"}"#,
        #"{"event":"e","type":"page","type":"page"}"#, #"{"event":"e","userId":"u","userId":null}"#,
        #"{"event":"e","properties":{},"properties":{}}"#, #"{"event":"e","timestamp":1,"timestamp":1}"#,
        // Keys that MongoDB cannot hold, at any depth.
        #"{"event":"e","":1}"#, #"{"event":"e","a\u0000b":1}"#, #"{"event":"e","\u0000":1}"#,
        #"{"event":"e","properties":{"":1}}"#, #"{"event":"e","properties":{"a":[[{"x\u0000":1}]]}}"#,
    ].map { Bad("bad_field", $0) }
    let large = [Bad("too_large", event("big", #","p":"\#(repeated("x", maxEventBytes))""#))]
    var random = Seeded(state: 42)
    let noise = (0..<100).map { _ -> Bad in
        var bytes = random.bytes(1 + Int(random.next() % 600)).map { $0 == 0x0A ? 0x21 : $0 }
        // What they are is decided by the first bytes; these are surely no text.
        bytes.insert(0xFE, at: 0)
        return Bad("", bytes)
    }
    return notJSON + notObject + notUTF8 + badNumber + tooDeep + fields + large + noise
}

@Suite("Rubbish", .waiting) struct RubbishTests {
    private func rubbishDaemon() throws -> TestDaemon {
        try lonelyDaemon(intake: "max_event_bytes = \"16 KiB\"")
    }

    /// What is to be found in the ledger; noise counts as not_utf8 or not_json, together under "".
    private func expectedCounts(_ lines: [Bad]) -> [String: Int] {
        lines.reduce(into: [:]) { $0[$1.code, default: 0] += 1 }
    }

    private func expectCounts(_ daemon: TestDaemon, _ lines: [Bad], times: Int = 1, good: Int) throws {
        daemon.hasBalance(received: lines.count * times + good, rejected: lines.count * times)
        let status = try #require(daemon.status())
        var expected = expectedCounts(lines).mapValues { $0 * times }
        let noise = expected.removeValue(forKey: "") ?? 0
        let texts = ["not_json", "not_utf8"]
        for (code, count) in expected where !texts.contains(code) {
            #expect(status["ledger.rejected." + code] == count, "\(code)")
        }
        let found = texts.map { status["ledger.rejected." + $0] }.reduce(0, +)
        #expect(found == noise + texts.map { expected[$0] ?? 0 }.reduce(0, +))
        #expect(status["ledger.stored"] == good)
        #expect(status["pid"] == Int(daemon.process?.pid ?? 0))
        #expect(daemon.process?.wait(seconds: 0.01) == nil)
    }

    @Test("on the stream every bad line gets its code, and its neighbours on the connection are stored")
    func stream() throws {
        let daemon = try rubbishDaemon()
        let lines = badLines
        let client = try StreamClient(daemon.streamSocket)
        var bytes: [UInt8] = []
        for (index, line) in lines.enumerated() {
            bytes += Array((event("n\(index)") + "\n").utf8) + line.bytes + [0x0A]
        }
        bytes += Array((event("end") + "\n").utf8)
        client.send(bytes)
        let refusals = client.answers(upTo: 2 * lines.count + 1).filter { $0.hasPrefix("NO ") }
        #expect(refusals.count == lines.count)
        for (index, (line, answer)) in zip(lines, refusals).enumerated() {
            let words = answer.split(separator: " ")
            let text = String(decoding: line.bytes.prefix(80), as: UTF8.self).debugDescription
            #expect(words[1] == "\(2 * index + 2)", "\(text)")
            if line.code.isEmpty {
                #expect(words[2] == "not_json" || words[2] == "not_utf8", "\(text)")
            } else {
                #expect(words[2] == line.code, "\(text)")
            }
        }
        try expectCounts(daemon, lines, good: lines.count + 1)
    }

    @Test("as datagrams, Unix and UDP, each is counted under its code, and its neighbours are stored")
    func datagrams() throws {
        let daemon = try rubbishDaemon()
        let lines = badLines
        for socket in [try Datagrams(unix: daemon.datagramSocket), try Datagrams(udpPort: daemon.udpPort)] {
            for (index, line) in lines.enumerated() {
                // Alone with its neighbour in one datagram, then a datagram of a neighbour's own.
                #expect(socket.send(line.bytes + [0x0A] + Array(event("n\(index)").utf8)))
                #expect(socket.send(event("m\(index)")))
            }
        }
        try expectCounts(daemon, lines, times: 2, good: 4 * lines.count)
    }

    @Test("a flood of random bytes on all inputs at once leaves a daemon that answers and whose ledger balances")
    func noise() throws {
        let daemon = try rubbishDaemon()
        let pid = daemon.status()?["pid"]
        var random = Seeded(state: 7)
        let unix = try Datagrams(unix: daemon.datagramSocket)
        let udp = try Datagrams(udpPort: daemon.udpPort)
        for round in 0..<20 {
            let silent = try StreamClient(daemon.streamSocket, hello: false)
            silent.send(random.bytes(100_000))
            let spoken = try StreamClient(daemon.streamSocket)
            spoken.send(random.bytes(20_000) + [0x0A] + Array(event("r\(round)").utf8) + [0x0A])
            for _ in 0..<20 {
                unix.send(random.bytes(Int(random.next() % 4000)))
                udp.send(random.bytes(Int(random.next() % 4000)))
            }
            if round % 2 == 0 { spoken.endSending() }
        }
        daemon.eventuallyStored(20)
        let status = try #require(daemon.status())
        #expect(status.isBalanced)
        #expect(status["pid"] == pid)
        let client = try StreamClient(daemon.streamSocket)
        client.send(event("after") + "\n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
    }

    @Test("lines of 1 MiB, and one of 50 MB, are refused once each and cost no memory")
    func longLines() throws {
        let daemon = try rubbishDaemon()
        let client = try StreamClient(daemon.streamSocket)
        let megabyte = [UInt8](repeating: 0x7B, count: 1 << 20)
        for _ in 0..<5 { client.send(megabyte + [0x0A]) }
        for _ in 0..<50 { client.send(megabyte) }
        client.send("\n" + event("after") + "\n")
        let answers = client.answers(upTo: 7)
        #expect(answers.filter { $0.contains(" too_large ") }.count == 6)
        #expect(answers.last == "OK 7")
        let pages = try Files.read("/proc/\(daemon.process?.pid ?? 0)/statm").split(separator: 0x20)
        let resident = Int(String(decoding: pages[1], as: UTF8.self)) ?? .max
        #expect(resident * 4096 < 200 << 20)
        daemon.hasBalance(received: 7, rejected: 6)
    }

    @Test("a datagram too large for an event is refused as too_large, whatever its size", .enabled(if: getuid() == 0))
    func largeDatagrams() throws {
        let daemon = try rubbishDaemon()
        let unix = try Datagrams(unix: daemon.datagramSocket)
        for size in [20_000, 100_000, 250_000, 300_000, 1 << 20] {
            #expect(unix.send(event("big", #","p":"\#(repeated("x", size))""#)), "\(size)")
        }
        unix.send(event("after"))
        daemon.hasBalance(received: 6, rejected: 5)
        #expect(daemon.status()?["ledger.rejected.too_large"] == 5)
    }

    @Test("what is nasty but right is taken")
    func nasty() throws {
        let daemon = try lonelyDaemon()
        let client = try StreamClient(daemon.streamSocket)
        let lines =
            nastyLines("x") + [
                #"{"event":"e","userId":null,"anonymousId":"","type":null,"properties":null,"timestamp":null}"#,
                #"{"type":"page"}"#, #"{"type":"identify","event":null}"#, #"{"event":"\#(repeated("ä", 200))"}"#,
                #"{"event":"e","messageId":"\#(repeated("m", 128))"}"#, #"{"event":"e","messageId":"\u0000"}"#,
                "\t {\"event\":\"e\"} \t", #"{"event":"e","host":[],"receivedAt":{}}"#,
                #"{"event":"e","userId":-9223372036854775808,"anonymousId":18446744073709551615}"#,
            ]
        client.send(lines.joined(separator: "\n") + "\n")
        #expect(client.answers(upTo: lines.count).last == "OK \(lines.count)")
        daemon.hasBalance(received: lines.count, rejected: 0)
    }
}

/// Valid documents that a careless store would turn into something else.
private func nastyLines(_ id: String) -> [String] {
    [
        event(
            "\(id)-twice",
            #","properties":{"a":1,"b":{"c":1,"c":[]},"a":{"x":1},"a":"last","b":{"c":1,"c":2}},"own":1,"own":2"#),
        event(
            "\(id)-keys",
            #","properties":{"$set":{"a.b":1,"$inc":2},"a.b.c":"dots",".":1,"..":2,"$":3,"_id":4},"$where":"x","a.b":"y","_id":"own""#
        ),
        event(
            "\(id)-numbers",
            #","properties":{"i32":2147483647,"m32":-2147483648,"i64":2147483648,"m64":-2147483649,"max":9223372036854775807,"#
                + #""min":-9223372036854775808,"big":9223372036854775808,"huge":18446744073709551615,"d":1.5,"e":1e2,"z":-0.0,"#
                + #""tiny":5e-324,"top":1.7976931348623157e308}"#),
        event("\(id)-text", #","properties":{"s":"\u0000\ud83d\ude00é\/\"","raw":"😀\#u{7F}é‮","ключ":"ü"," ":0}"#),
        nested(64, "\(id)-deep"),
        event("\(id)-types", #","properties":{"n":null,"t":true,"f":false,"o":{},"l":[],"m":[null,[],{},"x",1,2.5]}"#),
    ]
}

@Suite("Nasty but right, in MongoDB", .waiting, .enabled(if: Servers.areThere)) struct NastyValuesTests {
    @Test("what intake took is in MongoDB with its values", arguments: [TestDaemon.Mode.kafka, .direct])
    func values(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(mode: mode)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        let lines = nastyLines("v")
        client.send(lines.joined(separator: "\n") + "\n")
        #expect(client.answers(upTo: lines.count).last == "OK \(lines.count)")
        let events = try daemon.events()
        try eventually(within: 40, "all are in MongoDB: \(daemon.status()?.json ?? "")") {
            try events.count() == lines.count
        }
        func document(_ name: String) throws -> BSONDocument {
            try #require(try events.findOne(["_id": .string("v-" + name)]))
        }

        let twice = try document("twice")
        #expect(twice.string("properties.a") == "last")
        #expect(twice.integer("properties.b.c") == 2)
        #expect(twice.integer("extra.own") == 2)
        #expect(twice.withView { $0.document("properties")?.map(\.name).sorted() } == ["a", "b"])

        let keys = try document("keys")
        #expect(keys.withView { $0.document("properties")?.map(\.name) } == ["$set", "a.b.c", ".", "..", "$", "_id"])
        #expect(keys.withView { $0.document("properties.$set")?.map(\.name) } == ["a.b", "$inc"])
        #expect(keys.withView { $0.document("extra")?.map(\.name).sorted() } == ["$where", "_id", "a.b"])
        #expect(keys.withView { $0.document("properties")?.first { $0.name == "a.b.c" }?.string } == "dots")

        let numbers = try document("numbers")
        let types: [(String, UInt8)] = [
            ("i32", 0x10), ("m32", 0x10), ("i64", 0x12), ("m64", 0x12), ("max", 0x12), ("min", 0x12), ("big", 0x01),
            ("huge", 0x01), ("d", 0x01), ("e", 0x01), ("z", 0x01), ("tiny", 0x01), ("top", 0x01),
        ]
        for (name, type) in types { #expect(numbers.withView { $0["properties." + name]?.rawType } == type, "\(name)") }
        #expect(numbers.integer("properties.i32") == 2_147_483_647)
        #expect(numbers.integer("properties.m32") == -2_147_483_648)
        #expect(numbers.integer("properties.i64") == 2_147_483_648)
        #expect(numbers.integer("properties.m64") == -2_147_483_649)
        #expect(numbers.integer("properties.max") == .max)
        #expect(numbers.integer("properties.min") == .min)
        #expect(numbers.double("properties.big") == 9_223_372_036_854_775_808)
        #expect(numbers.double("properties.huge") == 18_446_744_073_709_551_616)
        #expect(numbers.double("properties.d") == 1.5)
        #expect(numbers.double("properties.e") == 100)
        #expect(numbers.double("properties.z")?.sign == .minus)
        #expect(numbers.double("properties.tiny") == Double.leastNonzeroMagnitude)
        #expect(numbers.double("properties.top") == Double.greatestFiniteMagnitude)

        let text = try document("text")
        #expect(text.string("properties.s") == "\u{0}😀é/\"")
        #expect(text.string("properties.raw") == "😀\u{7F}é‮")
        #expect(text.string("properties.ключ") == "ü")
        #expect(text.integer("properties. ") == 0)

        let deep = try document("deep")
        #expect(deep.integer("properties.a" + repeated(".0", 62)) == 1)

        let kinds = try document("types")
        #expect(kinds.withView { $0["properties.n"]?.isNull } == true)
        #expect(kinds.bool("properties.t") == true)
        #expect(kinds.bool("properties.f") == false)
        #expect(kinds.withView { $0["properties.o"]?.rawType } == 0x03)
        #expect(kinds.withView { $0["properties.l"]?.isArray } == true)
        #expect(kinds.withView { $0.document("properties.m")?.map(\.rawType) } == [0x0A, 0x04, 0x03, 0x02, 0x10, 0x01])
        eventually(within: 10, "the ledger is balanced, nothing dead") {
            guard let status = daemon.status() else { return false }
            return status.isBalanced && status["ledger.inserted"] == lines.count && status["ledger.dead"] == 0
        }
    }
}
