// Shared by this folder: lines packed into batches as intake does it, and events read back out of them.
import Events
import JSON
import Linux
import Pipeline

/// Packs lines as the intake thread would.
struct Packing: ~Copyable {
    var packer: EventPacker

    init(maxEventBytes: Int = 1 << 16, host: String = "h1") throws {
        packer = try EventPacker(maxEventBytes: maxEventBytes, host: host)
        packer.setTime(milliseconds: 1_795_424_400_000)
    }

    /// nil, or why the line was refused.
    mutating func pack(_ line: [UInt8], into batch: EventBatch) -> Rejection? {
        let padded = line + [UInt8](repeating: 0x7B, count: JSONParser.padding)
        return padded.withUnsafeBytes { bytes in
            do throws(Rejection) {
                try packer.pack(UnsafeRawBufferPointer(rebasing: bytes[..<line.count]), into: batch)
                return nil
            } catch { return error }
        }
    }

    mutating func pack(_ line: String, into batch: EventBatch) -> Rejection? { pack(Array(line.utf8), into: batch) }

    /// A sealed batch of these lines, counted as intake counts.
    mutating func batch(_ lines: [String]) -> EventBatch {
        let batch = EventBatch(capacity: lines.reduce(64) { $0 + packer.roomNeeded($1.utf8.count) })
        for line in lines {
            batch.received += 1
            if let rejection = pack(line, into: batch) { batch.rejected[Int(rejection.rawValue)] += 1 }
        }
        batch.seal()
        return batch
    }

    /// Events numbered from `first`, each with a messageId `m<number>` and a visitor, `padding` bytes longer.
    mutating func numbered(_ numbers: Range<Int>, visitors: Int = 7, padding: Int = 0) -> EventBatch {
        batch(
            numbers.map {
                let filler = Packing.noise(padding, seed: $0)
                return
                    #"{"event":"e","messageId":"m\#($0)","anonymousId":"v\#($0 % visitors)","properties":{"p":"\#(filler)"}}"#
            })
    }

    /// Letters that hardly compress, so that they take the room they seem to.
    private static func noise(_ count: Int, seed: Int) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        return String(
            decoding: (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return letters[Int(state >> 58)]
            }, as: UTF8.self)
    }
}

struct Unpacked: Equatable {
    let key: String
    let value: String
    let index: UInt32
}

extension EventBatch {
    var events: [Unpacked] {
        var events: [Unpacked] = []
        _ = PackedEvents.forEach(bytes) {
            events.append(
                Unpacked(
                    key: String(decoding: $0.key, as: UTF8.self), value: String(decoding: $0.value, as: UTF8.self),
                    index: $0.index))
        }
        return events
    }
}

/// Numbers that look random and are the same in every run: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
