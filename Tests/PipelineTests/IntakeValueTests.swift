import Events
import Linux
import Pipeline
import TestSupport
import Testing

@Suite struct LineShapeTests {
    private func shaped(_ text: String, _ shape: (UnsafeRawBufferPointer) -> UnsafeRawBufferPointer) -> String {
        Array(text.utf8).withUnsafeBytes { String(decoding: shape($0), as: UTF8.self) }
    }

    private func has(_ text: String, _ claim: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        Array(text.utf8).withUnsafeBytes { claim($0) }
    }

    @Test("lines are what stands between line feeds; a last one needs none")
    func lines() {
        func lines(_ text: String) -> [String] {
            var lines: [String] = []
            Array(text.utf8).withUnsafeBytes { raw in
                LineShape.forEachLine(raw) { lines.append(String(decoding: $0, as: UTF8.self)) }
            }
            return lines
        }
        #expect(lines("") == [])
        #expect(lines("a") == ["a"])
        #expect(lines("a\n") == ["a"])
        #expect(lines("\n\na\r\nb") == ["", "", "a\r", "b"])
    }

    @Test("one carriage return at the end goes; blank is space, tab and CR alone")
    func blank() {
        #expect(shaped("a\r", LineShape.withoutCarriageReturn) == "a")
        #expect(shaped("a\r\r", LineShape.withoutCarriageReturn) == "a\r")
        #expect(shaped("", LineShape.withoutCarriageReturn) == "")
        #expect(has("", LineShape.isBlank) && has(" \t\r", LineShape.isBlank))
        #expect(!has("\u{0B}", LineShape.isBlank) && !has("\u{A0}", LineShape.isBlank))
    }

    @Test("a syslog header is skipped up to the first brace, and only where there is one")
    func syslog() {
        #expect(shaped(#"<190>Nov 23 host nginx: {"a":1}"#, LineShape.withoutSyslogHeader) == #"{"a":1}"#)
        #expect(shaped("<190>no event", LineShape.withoutSyslogHeader) == "<190>no event")
        #expect(shaped(#"x{"a":1}"#, LineShape.withoutSyslogHeader) == #"x{"a":1}"#)
        #expect(shaped("", LineShape.withoutSyslogHeader) == "")
    }

    @Test("the hello is known, and one of another version is known to be a hello")
    func hello() {
        #expect(has("CLICKD/1 ACK", LineShape.isAcknowledgedHello))
        #expect(!has("CLICKD/1 ACK ", LineShape.isAcknowledgedHello) && !has("CLICKD/1", LineShape.isAcknowledgedHello))
        #expect(has("CLICKD/2 X", LineShape.isHello) && !has("CLICKD", LineShape.isHello))
    }
}

@Suite struct PartialLineTests {
    @Test("pieces add up to the line, however many and long they are")
    func pieces() {
        var line = PartialLine()
        var expected: [UInt8] = []
        for round in 0..<3 {
            for size in [0, 1, 511, 512, 513, 5000, 3, 70_000] {
                let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: size + round), count: size)
                piece.withUnsafeBytes { line.append($0) }
                expected += piece
            }
            let whole = Array(line.bytes)
            #expect(whole == expected)
            line.clear()
            expected = []
            let left = (line.count, line.bytes.count)
            #expect(left == (0, 0))
        }
    }
}

@Suite struct LineSplitterTests {
    private func lines(_ text: [UInt8], atMost: Int, limit: Int) -> [[UInt8]] {
        var splitter = LineSplitter()
        var found: [[UInt8]] = []
        func see(_ line: UnsafeRawBufferPointer) -> Bool {
            // Of a line beyond the limit only that is of interest; of blanks, nothing.
            if !LineShape.isBlank(line) { found.append(line.count > limit + 1 ? [0] : Array(line)) }
            return true
        }
        for start in stride(from: 0, to: text.count, by: atMost) {
            Array(text[start..<min(start + atMost, text.count)]).withUnsafeBytes {
                splitter.take($0, limit: limit, see)
            }
        }
        splitter.finish(see)
        return found
    }

    /// The same, read plainly: what stands between line feeds, blanks left out, and too long ones as such.
    private func plainLines(_ text: [UInt8], limit: Int) -> [[UInt8]] {
        text.split(separator: 0x0A).filter { line in line.contains { ![0x20, 0x09, 0x0D].contains($0) } }
            .map { $0.count > limit + 1 ? [0] : Array($0) }
    }

    @Test("lines are the same however their bytes are cut into reads", arguments: 1...20)
    func cuts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Array("\n\nab\r   ".utf8).randomElement(using: &random) ?? 0
            }
            let whole = plainLines(text, limit: 5)
            for size in [1, 2, 3, 7, 1000] { #expect(lines(text, atMost: size, limit: 5) == whole, "\(text)") }
        }
    }

    @Test("nothing is handed on once it is not wanted")
    func ends() {
        var splitter = LineSplitter()
        var count = 0
        Array("a\nb\nc".utf8).withUnsafeBytes {
            splitter.take($0, limit: 10) { _ in
                count += 1
                return false
            }
        }
        #expect(count == 1)
    }
}

/// The sender's end of a connection.
private final class Sender {
    let descriptor: FileDescriptor
    init(_ raw: Int32) { descriptor = FileDescriptor(owning: raw) }
}

@Suite struct StreamConnectionTests {
    /// A connection and the sender's end of it.
    private func pair() throws -> (StreamConnection, Sender) {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        return (StreamConnection(descriptor: FileDescriptor(owning: ends[0]), id: 1), Sender(ends[1]))
    }

    private func answers(_ peer: Sender) -> String {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(peer.descriptor.raw, &buffer, buffer.count)
        return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
    }

    @Test("a refusal is sent before the OK that covers it; OKs are merged and only grow")
    func order() throws {
        let (connection, peer) = try pair()
        connection.hello = .acknowledged
        connection.lines = 5
        connection.settle(upTo: 3)
        connection.refuse(line: 2, .notJSON)
        connection.refuse(line: 3, .badField)
        #expect(connection.flush())
        #expect(
            answers(peer)
                == "NO 2 not_json \(Rejection.notJSON.text)\nNO 3 bad_field \(Rejection.badField.text)\nOK 3\n")
        connection.settle(upTo: 2)
        #expect(connection.flush())
        #expect(answers(peer) == "")
        connection.settle(upTo: 4)
        connection.settle(upTo: 5)
        #expect(connection.flush())
        #expect(answers(peer) == "OK 5\n")
    }

    @Test("with a full socket nothing is dropped: it goes on when the sender reads")
    func fullSocket() throws {
        let (connection, peer) = try pair()
        connection.hello = .acknowledged
        var refused = 0
        while connection.flush() {
            refused += 1
            connection.refuse(line: refused, .notJSON)
        }
        for _ in 0..<100 {
            refused += 1
            connection.refuse(line: refused, .notJSON)
        }
        connection.lines = refused
        connection.settle(upTo: refused)
        connection.isEnded = true
        #expect(!connection.flush())
        #expect(!connection.isDone)
        var text = ""
        eventually(within: 5, "all is sent") {
            text += answers(peer)
            return connection.flush()
        }
        text += answers(peer)
        let lines = text.split(separator: "\n")
        #expect(lines.count == refused + 1)
        #expect(lines.last == "OK \(refused)")
        #expect(lines.dropLast().enumerated().allSatisfy { $0.element.hasPrefix("NO \($0.offset + 1) ") })
        #expect(connection.isDone)
    }

    @Test("a sender without the hello hears nothing; one that is gone ends no process")
    func silence() throws {
        let (connection, peer) = try pair()
        connection.hello = .none
        connection.lines = 2
        connection.refuse(line: 1, .notJSON)
        connection.settle(upTo: 2)
        connection.isEnded = true
        #expect(connection.flush())
        #expect(answers(peer) == "")
        #expect(connection.isDone)

        var (other, gone): (StreamConnection, Sender?) = try pair()
        other.hello = .acknowledged
        other.lines = 1
        withExtendedLifetime(gone) {}
        gone = nil
        other.settle(upTo: 1)
        other.isEnded = true
        #expect(other.flush())
        #expect(other.isDone)
    }
}
