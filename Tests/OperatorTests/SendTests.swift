import Linux
import Operator
import Testing

@Suite struct IdentifierTests {
    private func identified(_ lines: [String]) -> [String] {
        var identifier = Identifier()
        return lines.map { String(decoding: identifier.identified(Array($0.utf8)), as: UTF8.self) }
    }

    @Test("an event without messageId gets one in front, another one each")
    func given() {
        let lines = identified([#"{"event":"x"}"#, #" { "event":"x"}"#])
        #expect(lines[0].hasPrefix(#"{"messageId":""#))
        #expect(lines[0].hasSuffix(#"-1","event":"x"}"#))
        #expect(lines[1].hasSuffix(#"-2", "event":"x"}"#))
    }

    @Test(
        "what has an id, or is no event, is left as it is",
        arguments: [
            #"{"event":"x","messageId":"m"}"#, #"{"event":"x","message\u0049d":"m"}"#, "{", "[{}]", "5", "", "{}",
            "x{y",
        ])
    func left(line: String) { #expect(identified([line]) == [line]) }
}

@Suite struct LineReaderTests {
    private func lines(_ text: [UInt8]) throws -> [[UInt8]] {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let writing = FileDescriptor(owning: ends[1])
        let writer = try NamedThread.start("writer") { [raw = writing.raw] in
            // In odd pieces.
            var at = 0
            while at < text.count {
                let piece = Array(text[at..<min(text.count, at + 7777)])
                _ = Files.writeAll(raw, piece)
                at += piece.count
            }
            close(raw)
        }
        _ = writing.release()
        var reader = LineReader(descriptor: FileDescriptor(owning: ends[0]))
        var lines: [[UInt8]] = []
        while let line = reader.next() { lines.append(line) }
        writer.join()
        #expect(reader.bytesRead == text.count)
        return lines
    }

    @Test("lines come whole, however long, the last one also without its LF")
    func whole() throws {
        let long = [UInt8](repeating: 0x61, count: 300_000)
        #expect(
            try lines(Array("a\n\nb\r\n".utf8) + long + Array("\nlast".utf8)) == [
                [0x61], [], [0x62, 0x0D], long, Array("last".utf8),
            ])
        #expect(try lines([]) == [])
        #expect(try lines([0x0A]) == [[]])
    }

    @Test("blank is space, tab and CR alone")
    func blank() {
        #expect(LineReader.isBlank([]) && LineReader.isBlank([0x20, 0x09, 0x0D]))
        #expect(!LineReader.isBlank([0x20, 0x61]))
    }
}
