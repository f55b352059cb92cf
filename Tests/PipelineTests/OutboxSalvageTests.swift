// A damaged outbox: what can be read is saved, what cannot is counted, nothing is altered. CLICKD_FLIPS: how many bits
// are flipped (60), one at a time; CLICKD_SEED repeats a run.
import Events
import Linux
import Pipeline
import TestSupport
import Testing

@Suite(.waiting) struct OutboxSalvageTests {
    private static let maxBytes = 64 << 20

    /// Batches of several sizes: some fit a page, most have overflow pages.
    private func filled(_ path: String) throws -> [Int64: [Unpacked]] {
        let file = try OutboxFile.open(path, maxBytes: Self.maxBytes)
        var packing = try Packing()
        var all: [Int64: [Unpacked]] = [:]
        var state = OutboxState()
        for number in 0..<60 {
            let count = 1 + number * 7 % 90
            let first = Int(state.nextSequence)
            let batch = packing.numbered(first..<first + count, padding: number % 3 * 400)
            batch.first = state.nextSequence
            try file.insert(batch)
            all[batch.first] = batch.events
            state.nextSequence += Int64(count)
            state.ledger.received += count
            state.ledger.stored += count
            state.ledger.outbox += count
        }
        // Some were delivered: their pages are free, and still hold their bytes.
        for first in all.keys.sorted().prefix(10) {
            #expect(try file.delete(first: first))
            let count = all.removeValue(forKey: first)?.count ?? 0
            state.ledger.outbox -= count
            state.ledger.forwarded += count
        }
        try file.save("ledger", state.bytes)
        try file.save("mode", Array("kafka".utf8))
        try file.database.checkpoint(.restart)
        return all
    }

    /// Opens it as a start does, reads everything, and sets it aside where that shows damage.
    private func recovered(_ path: String) throws -> (rows: [EventBatch], state: OutboxState, salvage: Salvage?) {
        var (file, salvage) = try OutboxFile.openSaving(path, maxBytes: Self.maxBytes)
        do {
            return (try file.read(from: 0, maxBytes: .max), try OutboxState(try file.load("ledger")), salvage)
        } catch OutboxError.database(let error) {
            try #require(error.remedy == .quarantine, "\(error)")
            salvage = try OutboxSalvage.run(path, from: file.database, maxBytes: Self.maxBytes)
        }
        file = try OutboxFile.open(path, maxBytes: Self.maxBytes)
        return (try file.read(from: 0, maxBytes: .max), try OutboxState(try file.load("ledger")), salvage)
    }

    @Test("a flipped bit anywhere loses at most the batch it hits, alters none, and is counted")
    func flippedBits() throws {
        let folder = try TemporaryFolder()
        let seed = getenv("CLICKD_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0..<1_000_000)
        var random = Seeded(seed)
        let whole = try filled(folder.path + "/whole")
        let events = whole.values.reduce(0) { $0 + $1.count }
        let content = try Files.read(folder.path + "/whole/outbox.db", limit: 1 << 30)
        let size = content.count
        let text = try #require(content.prefix(16384).firstRange(of: Array("CREATE TABLE".utf8))?.lowerBound)
        let flips = getenv("CLICKD_FLIPS").flatMap { Int(String(cString: $0)) } ?? 60
        var salvages = 0
        for round in 0..<flips {
            // The first page, with the header, and the tables' own text on it, as often as all the others.
            let at =
                switch round % 4 {
                case 0: Int(random.next() % 16384)
                case 1: text + Int(random.next() % UInt64(16384 - text))
                default: Int(random.next() % UInt64(size))
                }
            let path = folder.path + "/flipped"
            #expect(try Command.run("/bin/cp", ["-r", folder.path + "/whole", path]).status == 0)
            var bytes = try Files.read(path + "/outbox.db", limit: 1 << 30)
            bytes[at] ^= 1 << UInt8(random.next() % 8)
            try Files.replace(path + "/outbox.db", with: bytes)
            unlink(path + "/outbox.db-wal")
            let note: Comment = "byte \(at), seed \(seed)"
            do {
                let (rows, state, salvage) = try recovered(path)
                var lost = events
                var rest = whole
                for row in rows {
                    // A number of its own does not matter; what it holds does.
                    guard let expected = rest.first(where: { $0.value == row.events })?.key else {
                        // Delivered before, and found on a page that was free: sent again, never something else.
                        #expect(salvage != nil, note)
                        continue
                    }
                    rest[expected] = nil
                    lost -= row.eventCount
                }
                #expect(rest.count <= 1, "\(rest.count) batches are gone, \(note)")
                #expect(state.ledger.isBalanced, note)
                #expect(state.ledger.outbox == rows.reduce(0) { $0 + $1.eventCount }, note)
                #expect(state.ledger.lost >= lost, "what is gone is counted, \(note)")
                if let salvage {
                    salvages += 1
                    #expect(Files.exists((salvage.aside ?? "") + "/outbox.db"), note)
                }
            } catch OutboxError.newerFormat {
                // The format number itself: refused, and untouched.
                #expect((60..<64).contains(at), note)
            }
            for name in Files.names(in: folder.path) where name.hasPrefix("flipped") {
                _ = try Command.run("/bin/rm", ["-rf", folder.path + "/" + name])
            }
        }
        print("\(salvages) of \(flips) flipped bits made a salvage, seed \(seed)")
        #expect(salvages > 0)
    }

    /// The text of every event that `filled` stores, those delivered among them.
    private func texts() throws -> Set<String> {
        var packing = try Packing()
        var texts: Set<String> = []
        var first = 1
        for number in 0..<60 {
            let count = 1 + number * 7 % 90
            texts.formUnion(packing.numbered(first..<first + count, padding: number % 3 * 400).events.map(\.value))
            first += count
        }
        return texts
    }

    @Test("an outbox cut short, emptied or overwritten with rubbish gives what is left of it, and nothing else")
    func rubbish() throws {
        let texts = try texts()
        for damage in ["cut", "header", "rubbish", "empty"] {
            let folder = try TemporaryFolder()
            let path = folder.path + "/outbox"
            let whole = try filled(path)
            var bytes = try Files.read(path + "/outbox.db", limit: 1 << 30)
            switch damage {
            case "cut": bytes.removeLast(bytes.count / 3)
            case "header": for at in 0..<100 { bytes[at] = 0xA5 }
            case "rubbish":
                for at in stride(from: 0, to: bytes.count, by: 5) { bytes[at] = UInt8(truncatingIfNeeded: at) }
            default: bytes = []
            }
            try Files.replace(path + "/outbox.db", with: bytes)
            unlink(path + "/outbox.db-wal")
            let (rows, state, _) = try recovered(path)
            #expect(state.ledger.isBalanced, "\(damage)")
            #expect(state.ledger.outbox == rows.reduce(0) { $0 + $1.eventCount }, "\(damage)")
            #expect(rows.allSatisfy { $0.events.allSatisfy { texts.contains($0.value) } }, "\(damage): none is altered")
            if damage == "empty" { #expect(rows.isEmpty) }
            #expect(state.nextSequence >= (rows.map { $0.first + Int64($0.eventCount) }.max() ?? 1), "\(damage)")
            if damage == "header" { #expect(rows.count >= whole.count, "\(rows.count) of \(whole.count)") }
            if damage == "cut" { #expect(rows.count > whole.count / 3, "\(rows.count) of \(whole.count)") }
        }
    }

    @Test("a death between setting aside and putting in place is finished by the next start")
    func halfRenamed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/outbox"
        let whole = try filled(path)
        // As after the first renaming.
        #expect(rename(path, path + ".salvage") == 0)
        #expect(try recovered(path).rows.count == whole.count)
        // As before it: the half-made one goes.
        _ = try filled(path + ".salvage")
        let (rows, _, salvage) = try recovered(path)
        #expect(rows.count == whole.count && salvage == nil)
        #expect(!Files.exists(path + ".salvage"))
    }

    @Test(
        "an outbox deleted or moved away under the daemon: taking goes on, and nothing that was acknowledged is lost",
        arguments: ["rm", "mv"])
    func vanished(how: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/outbox"
        let outbox = try OutboxHarness(path)
        var packing = try Packing()
        for number in 0..<20 { outbox.commit(packing.numbered(number * 10..<number * 10 + 10)) }
        _ = try Command.run("/bin/" + how, how == "rm" ? ["-rf", path] : [path, path + ".elsewhere"])
        outbox.commit(packing.numbered(200..<210), within: 10_000)
        #expect(outbox.ledger.isBalanced && outbox.ledger.outbox == 210 && outbox.ledger.lost == 0)
        outbox.stop()
        let file = try OutboxFile.open(path, maxBytes: Self.maxBytes)
        #expect(try file.read(from: 0, maxBytes: .max).reduce(0) { $0 + $1.eventCount } == 210)
    }
}

/// The same numbers from the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
