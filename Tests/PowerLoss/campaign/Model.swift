// What an outbox must hold, and the commits that change it, through OutboxFile as the outbox thread uses it.
import Linux
import Pipeline
import SQLite

struct Random: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// The rows by their first number, each as the number of its events and a checksum of them; and the ledger.
struct Content: Equatable {
    var rows: [Int64: UInt64] = [:]
    var next: Int64 = 1
    var stored = 0
}

/// Commits, and what may be there after each.
struct Model: ~Copyable {
    private(set) var acknowledged = Content()
    /// What a commit that did not return may have made.
    private(set) var attempted: Content?
    private(set) var commits = 0
    private var packer: EventPacker

    init() throws { packer = try EventPacker(maxEventBytes: 65536, host: "h") }

    private mutating func batch(_ random: inout Random) throws -> EventBatch {
        let batch = EventBatch(capacity: packer.batchCapacity)
        let padding = [20, 300, 3000].randomElement(using: &random) ?? 20
        let letters = (0..<padding).map { _ in UInt8.random(in: 97...122, using: &random) }
        let fill = String(decoding: letters, as: UTF8.self)
        for number in 0..<Int.random(in: 1...12, using: &random) {
            let id = "\(random.next())-\(number)"
            var text = Array(#"{"event":"e","messageId":"\#(id)","properties":{"f":"\#(fill)"}}"#.utf8)
            let count = text.count
            text += [UInt8](repeating: 0, count: 64)
            try text.withUnsafeBytes { bytes throws in
                try packer.pack(UnsafeRawBufferPointer(rebasing: bytes[..<count]), into: batch)
            }
        }
        return batch
    }

    private static func mark(_ batch: EventBatch) -> UInt64 {
        UInt64(batch.eventCount) << 32 | UInt64(CRC32C.checksum(batch.bytes))
    }

    /// One commit: some rows come, some go, the ledger with them. Throws what SQLite threw.
    mutating func commit(_ file: OutboxFile, _ random: inout Random) throws {
        var after = acknowledged
        attempted = nil
        try file.database.execute("BEGIN")
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let batch = try batch(&random)
            batch.first = after.next
            try file.insert(batch)
            after.rows[batch.first] = Model.mark(batch)
            after.next += Int64(batch.eventCount)
            after.stored += batch.eventCount
        }
        for first in after.rows.keys.sorted().prefix(Int.random(in: 0...3, using: &random)) {
            guard try file.delete(first: first) else { throw Broken("row \(first) was not there to delete") }
            after.rows[first] = nil
        }
        var state = OutboxState()
        state.nextSequence = after.next
        state.ledger.stored = after.stored
        try file.save("ledger", state.bytes)
        attempted = after
        try file.database.execute("COMMIT")
        acknowledged = after
        attempted = nil
        commits += 1
    }

    /// Rolled back, by the one who commits: what was attempted is not there.
    mutating func rollBack(_ file: OutboxFile) throws {
        if file.database.isInTransaction { try file.database.execute("ROLLBACK") }
        attempted = nil
    }

    /// Compares what is there with what must be; from then on that is the truth.
    mutating func check(_ file: OutboxFile) throws {
        var found = Content()
        for batch in try file.read(from: 0, maxBytes: .max) { found.rows[batch.first] = Model.mark(batch) }
        let state = try OutboxState(try file.load("ledger"))
        found.next = state.nextSequence
        found.stored = state.ledger.stored
        guard found == acknowledged || found == attempted else {
            let missing = acknowledged.rows.filter { found.rows[$0.key] != $0.value }.keys.sorted()
            let strange = found.rows.filter { acknowledged.rows[$0.key] != $0.value }.keys.sorted()
            throw Broken(
                "rows missing or altered: \(missing); rows that must not be there: \(strange); numbering \(found.next), "
                    + "not \(acknowledged.next)")
        }
        acknowledged = found
        attempted = nil
    }
}

struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// Where the outbox's other files lie; SQLite's are in memory alone.
final class Place {
    let path: String

    init() throws {
        path = "/tmp/clickd-power-loss-\(getpid())"
        try Files.makeFolder(path)
    }

    deinit {
        for name in Files.names(in: path) { unlink(path + "/" + name) }
        rmdir(path)
    }

    func open() throws -> OutboxFile { try OutboxFile.open(path, maxBytes: 64 << 20) }
}
