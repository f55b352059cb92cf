// What intake takes, MongoDB's writer makes a document of: thousands of random events, whole and damaged.
import Agreement
import Events
import JSON
import Linux
import Mongo
import Pipeline
import Testing

/// Random JSON in the shape of events, now and then not.
private struct RandomEvents {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func one(in most: Int) -> Bool { Int.random(in: 0..<most, using: &random) == 0 }
    mutating func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }

    mutating func event() -> [UInt8] {
        var members: [String] = []
        if !one(in: 20) { members.append("\(key("event")):\(one(in: 30) ? value(3) : string(12))") }
        if !one(in: 4) { members.append("\(key("messageId")):\(one(in: 40) ? value(2) : string(20))") }
        for name in ["anonymousId", "userId"] where !one(in: 2) {
            members.append("\(key(name)):\(one(in: 15) ? value(1) : pick([string(10), number(), "null", "\"\""]))")
        }
        for name in ["timestamp", "originalTimestamp", "sentAt"] where one(in: 3) {
            members.append(
                "\"\(name)\":" + pick(["\"2026-11-23T09:59:00+01:00\"", "1795424400000", "1.5e12", number()]))
        }
        if one(in: 4) {
            members.append("\"type\":" + pick(["\"page\"", "\"track\"", "\"identify\"", "null", "\"no\""]))
        }
        for name in ["properties", "context", "traits"] where !one(in: 3) {
            members.append("\"\(name)\":" + (one(in: 20) ? value(3) : object(4)))
        }
        for name in ["receivedAt", "host", "source", "_id", "$set", "kafka", "hash", "extra"] where one(in: 6) {
            members.append("\(key(name)):\(value(3))")
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) { members.append("\(string(6)):\(value(4))") }
        members.shuffle(using: &random)
        let text = "{" + members.joined(separator: pick([",", ", ", " , "])) + "}"
        return one(in: 5) ? damaged(Array(text.utf8)) : Array(text.utf8)
    }

    private mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0...Int.random(in: 0...2, using: &random) where !text.isEmpty {
            let at = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0...3, using: &random) {
            case 0: text[at] = UInt8.random(in: .min ... .max, using: &random)
            case 1: text.remove(at: at)
            case 2: text.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: at)
            default: text.removeLast(min(text.count, at % 5))
            }
        }
        return text.filter { $0 != 0x0A }
    }

    /// A known name, now and then with an escape in it.
    private mutating func key(_ name: String) -> String {
        guard one(in: 10), let last = name.unicodeScalars.last else { return "\"\(name)\"" }
        return "\"\(name.dropLast())\\u00\(String(last.value, radix: 16))\""
    }

    private mutating func string(_ most: Int) -> String {
        var text = "\""
        for _ in 0..<Int.random(in: 0...most, using: &random) {
            text += pick([
                "a", "Z", "7", ".", "$", " ", "é", "漢", "🛒", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\uded2",
                "\\u0001",
            ])
        }
        if one(in: 200) { text += "\\u0000" }
        if one(in: 300) { text += "\\ud800" }
        return text + "\""
    }

    private mutating func number() -> String {
        pick([
            "0", "-0", "1", "-17", "2147483647", "2147483648", "-2147483649", "9223372036854775807",
            "-9223372036854775808", "9223372036854775808", "18446744073709551615", "0.1", "-2.5e-7", "1e308", "-0.0",
            "123456.789", "5e-324", one(in: 40) ? "1e309" : "3", one(in: 40) ? "18446744073709551616" : "4",
        ])
    }

    private mutating func object(_ depth: Int) -> String {
        var members: [String] = []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            members.append("\(one(in: 5) ? "\"twice\"" : string(5)):\(value(depth - 1))")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func value(_ depth: Int) -> String {
        switch Int.random(in: 0...(depth > 0 ? 7 : 4), using: &random) {
        case 0: return string(8)
        case 1, 2: return number()
        case 3: return pick(["true", "false", "null"])
        case 4: return "\"\""
        case 5:
            var elements: [String] = []
            for _ in 0..<Int.random(in: 0...4, using: &random) { elements.append(value(depth - 1)) }
            return "[" + elements.joined(separator: ",") + "]"
        case 6 where one(in: 20):
            let levels = Int.random(in: 50...70, using: &random)
            return String(repeating: "[", count: levels) + "1" + String(repeating: "]", count: levels)
        default: return object(depth - 1)
        }
    }
}

@Suite struct BothSidesAgreeTests {
    @Test("of whatever intake takes, the MongoDB writer makes a document under the same id", arguments: [1, 2, 3, 4])
    func agree(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        var packing = try Packing(maxEventBytes: 16 << 10)
        let parser = try JSONParser.make(capacity: 4 << 20, maxDepth: EventFields.maxDepth)
        var writer = BSONWriter(capacity: 1 << 16)
        var taken = 0
        var refused: [Rejection: Int] = [:]
        for _ in 0..<3000 {
            let text = events.event()
            let batch = EventBatch(capacity: packing.packer.roomNeeded(text.count))
            if let rejection = packing.pack(text, into: batch) {
                refused[rejection, default: 0] += 1
                continue
            }
            taken += 1
            let shown = String(decoding: text, as: UTF8.self)
            let (event, _) = try #require(PackedEvents.read(batch.bytes, at: 0))
            writer.reset()
            let value = Array(event.value)
            try parser.parse(copying: value) { tape in
                let fields = try EventFields.read(tape)
                let record = EventRecord(
                    key: event.key, value: event.value, partition: 3, offset: 5, timestampMilliseconds: 7)
                do throws(RecordFault) { try EventDocument.write(tape, record, to: &writer) } catch {
                    Issue.record("\(error) of \(shown)")
                    return
                }
                let view = try #require(BSONView(writer.document(0)))
                let id = Array(tape.string(fields.messageId))
                #expect(view["_id"]?.utf8.map { Array($0) } == id, "\(shown)")
                if view["visitor"] == nil {
                    #expect(Array(event.key) == id, "\(shown)")
                } else {
                    #expect(view["visitor"]?.utf8.map { Array($0) } == Array(event.key), "\(shown)")
                }
                #expect(view.string("host") == "h1")
                #expect(view.dateMilliseconds("receivedAt") == 1_795_424_400_000)
                #expect(view.integer("kafka.o") == 5)
                #expect(view["activity"] != nil)
                #expect(Agreement.disagreement(tape, tape.top, view) == nil, "\(shown)")
            }
        }
        #expect(taken > 300, "the generator makes events that are taken")
        #expect(refused.count >= 4, "and some that are not, for several reasons: \(refused)")
    }
}
