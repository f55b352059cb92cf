import Glibc
import JSON
import Mongo
import Testing

/// What a JSON text means, kept simply: an object is a dictionary, so the last of a doubled key wins.
indirect enum Meaning: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case list([Meaning])
    case object([String: Meaning])
    case doubledKey

    init(_ element: BSONElement) {
        switch element.rawType {
        case 0x0A: self = .null
        case 0x08: self = .bool(element.bool == true)
        case 0x10, 0x12: self = .integer(element.integer ?? 0)
        case 0x01: self = .double(element.double ?? 0)
        case 0x02: self = .text(element.string ?? "")
        case 0x04: self = .list((element.document.map { Array($0) } ?? []).map { Meaning($0) })
        case 0x03:
            var members: [String: Meaning] = [:]
            for member in element.document.map({ Array($0) }) ?? [] {
                if members.updateValue(Meaning(member), forKey: member.name) != nil {
                    self = .doubledKey
                    return
                }
            }
            self = .object(members)
        default: self = .doubledKey
        }
    }
}

/// Random JSON: its text, and what it means.
struct RandomJSON {
    var random: SplitMix

    mutating func value(depth: Int) -> (String, Meaning) {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
        case 0: return ("null", .null)
        case 1:
            let claim = Bool.random(using: &random)
            return ("\(claim)", .bool(claim))
        case 2:
            let number = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0..<64, using: &random)
            return ("\(number)", .integer(number))
        case 3:
            let number = UInt64.random(in: (1 << 63) ... .max, using: &random)
            return ("\(number)", .double(Double(number)))
        case 4:
            let number = Double.random(in: -1e6...1e6, using: &random)
            return ("\(number)", .double(number))
        case 5, 6:
            let text = word(upTo: 30)
            return ("\"\(text)\"", .text(text))
        case 7:
            let items = (0..<Int.random(in: 0..<14, using: &random)).map { _ in value(depth: depth - 1) }
            return ("[" + items.map { $0.0 }.joined(separator: ",") + "]", .list(items.map { $0.1 }))
        default:
            var text: [String] = []
            var members: [String: Meaning] = [:]
            // Few letters, so that keys come twice; sometimes more than the 16 that are compared in pairs.
            let length = Bool.random(using: &random) ? 1 : 20
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                let key = word(upTo: length)
                let (value, meaning) = value(depth: depth - 1)
                text.append("\"\(key)\":\(value)")
                members[key] = meaning
            }
            return ("{" + text.joined(separator: " , ") + "}", .object(members))
        }
    }

    mutating func word(upTo length: Int) -> String {
        let letters = Array("abcdefghijklm$.é😀 ")
        return String(
            (0..<Int.random(in: 1...length, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite struct BSONFromJSONTests {
    /// The value of `text` under the key "v", as the writer made it; libbson's judgement beside it.
    func written(_ text: String, depth: Int = 64) throws -> (Meaning?, valid: Bool) {
        let parser = try JSONParser.make(capacity: 1 << 20, maxDepth: depth)
        var writer = BSONWriter()
        writer.beginDocument()
        try parser.parse(copying: Array(text.utf8)) { writer.append(json: $0, at: $0.top, key: "v") }
        try writer.endDocument()
        let bytes = writer.document(0)
        return (BSONView(bytes)?["v"].map { Meaning($0) }, libbson(bytes) != nil)
    }

    @Test("random JSON means the same as BSON, the last of a doubled key winning", arguments: 0..<8)
    func random(seed: Int) throws {
        var source = RandomJSON(random: SplitMix(state: UInt64(seed)))
        for _ in 0..<150 {
            let (text, meaning) = source.value(depth: 4)
            let result = try written(text)
            #expect(result.valid)
            if result.0 != meaning {
                Issue.record("seed \(seed): \(text)")
                return
            }
        }
    }

    @Test("integers take the smallest type, beyond 2^63 a double")
    func integers() throws {
        let parser = try JSONParser.make(capacity: 4096, maxDepth: 8)
        let text = "[2147483647,2147483648,-2147483648,-2147483649,9223372036854775807,9223372036854775808,1.0,-0.0]"
        try parser.parse(copying: text.utf8) { tape in
            var writer = BSONWriter()
            writer.beginDocument()
            writer.append(json: tape, at: tape.top, key: "v")
            try writer.endDocument()
            let types = BSONView(writer.document(0))?.document("v")?.map { $0.rawType }
            #expect(types == [0x10, 0x12, 0x10, 0x12, 0x12, 0x01, 0x01, 0x01])
        }
    }

    @Test("64 levels are written; beyond the writer's 100 the document is refused, not the process")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "{\"a\":", count: levels) + "1" + String(repeating: "}", count: levels)
        }
        #expect(try written(nested(64)).valid)
        #expect(throws: BSONFault.tooDeep) { try written(nested(200), depth: 300) }
        let lists = String(repeating: "[", count: 5000) + "1" + String(repeating: "]", count: 5000)
        #expect(throws: BSONFault.tooDeep) { try written(lists, depth: 6000) }
    }

    /// An object of `count` keys, each twice, and what it means.
    private func doubled(_ count: Int) -> (text: String, meaning: Meaning) {
        let keys = (0..<count).map { "key_number_\($0)" }
        let members = keys.map { "\"\($0)\":1" } + keys.map { "\"\($0)\":2" }
        let meaning = Dictionary(uniqueKeysWithValues: keys.map { ($0, Meaning.integer(2)) })
        return ("{" + members.joined(separator: ",") + "}", .object(meaning))
    }

    @Test("20,000 keys, all doubled, leave one each, and do not take the square of what a tenth of them takes")
    func manyKeys() throws {
        let (few, many) = (doubled(2000), doubled(20_000))
        /// This thread's own processor time in nanoseconds, the least of three: what others do on the machine is not in it.
        func shortest(_ text: String) throws -> Int {
            func spent() -> Int {
                var time = timespec()
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                return time.tv_sec * 1_000_000_000 + time.tv_nsec
            }
            return try (0..<3).map { _ in
                let before = spent()
                _ = try written(text)
                return spent() - before
            }.min() ?? 0
        }
        #expect(try written(few.text).0 == few.meaning)
        #expect(try written(many.text).0 == many.meaning)
        // Ten times as long is right, and a hundred times as long is what comparing each with each would take.
        let (short, long) = (try shortest(few.text), try shortest(many.text))
        #expect(long < short * 50, "\(short) and \(long) ns")
    }

    @Test("empty keys and NUL in keys leave sound BSON")
    func oddKeys() throws {
        let result = try written(#"{"":1,"a\u0000b":{"\u0000":2},"$set":{"a.b":3}}"#)
        #expect(result.valid)
        #expect(
            result.0
                == .object([
                    "": .integer(1), "a?b": .object(["?": .integer(2)]), "$set": .object(["a.b": .integer(3)]),
                ]))
    }
}
