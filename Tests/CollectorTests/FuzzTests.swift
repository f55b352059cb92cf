// Bodies damaged at random. Run under the address sanitizer too (`make asan`), which sees what reads beyond them.
import Collector
import Events
import Linux
import Testing

@Suite("Damaged bodies") struct FuzzTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let bodies = [
        #"{"batch":[{"event":"a","context":{"ip":"1.2.3.4","userAgent":"x"},"properties":{"x":[1,2,{"y":"\"}"}]}},5,{"type":"page"}],"sentAt":"2026-01-01T00:00:00Z","context":{"a":{}}}"#,
        #"{"event":"Product Viewed","messageId":"m","anonymousId":"ä€😀","properties":{"a\\":"\u0041","n":-1.5e3}}"#,
        #"[{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"event":"x","timestamp":1}},{"specversion":"1.0","id":"2","source":"/s","type":"t","data":[1]}]"#,
    ]

    /// Flips, cuts, doubles and inserts.
    private static func damaged(_ body: String, _ random: inout Seeded) -> [UInt8] {
        var bytes = Array(body.utf8)
        let marks = Array(#"{}[]",:\0"#.utf8) + [0, 0x0A, 0x0D, 0xFF, 0xC3]
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[at] = marks.randomElement(using: &random) ?? 0
            case 2: bytes.insert(marks.randomElement(using: &random) ?? 0, at: at)
            case 3: bytes.remove(at: at)
            case 4: bytes.removeLast(bytes.count - at)
            default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 20)], at: at)
            }
        }
        return bytes
    }

    @Test("whatever comes in, every line is one JSON object, and every event is a line or a refusal")
    func damaged() throws {
        let rounds = getenv("CLICKD_FUZZ").flatMap { Int(String(cString: $0)) } ?? 20_000
        var random = Seeded(state: 0x5EED)
        var lines = try EventLines()
        var taken = 0
        var origin = Origin()
        origin.address = Array("192.0.2.0".utf8)
        for round in 0..<rounds {
            let kind = round % 3
            let body = FuzzTests.damaged(FuzzTests.bodies[kind], &random)
            origin.isPrivate = round % 2 == 0
            let isRead = withBody(body) { text in
                do throws(EventFault) {
                    switch kind {
                    case 0: try lines.readBatch(text, origin) { _ throws(EventFault) in [] }
                    case 1: try lines.readEvent(text, .track, origin) { _ throws(EventFault) in [] }
                    default: try lines.readCloudBatch(text, origin)
                    }
                    return true
                } catch { return false }
            }
            guard isRead else { continue }
            let sent = lines.submission
            taken += sent.indices.count
            let texts =
                sent.lines.isEmpty ? [] : sent.lines.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
            let shown = String(decoding: body, as: UTF8.self)
            #expect(texts.count == sent.indices.count, "\(shown)")
            #expect(sent.indices.count + sent.refused.count == sent.received, "\(shown)")
            for text in texts { #expect(JSONValue(String(decoding: text, as: UTF8.self)) != nil, "\(shown)") }
        }
        #expect(taken > rounds / 10)
    }
}
