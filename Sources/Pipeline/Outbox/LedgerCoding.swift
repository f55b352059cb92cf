// The outbox's side of the ledger, and the next sequence number, as one row of the database holds them: JSON, so that
// a person with sqlite3 can read it, and the checksum of all before it as its last member.
import Events
import JSON
import Linux
import SQLite

package struct OutboxState {
    package var ledger = Ledger()
    /// The next event's number. A stored value, never SQLite's rowid, which starts at 1 again in an empty table.
    package var nextSequence: Int64 = 1
    /// Bytes of the dead letters; counted at the start, not stored.
    package var deadBytes = 0

    package init() {}

    /// Empty bytes are a new outbox. Throws where they are not what was written.
    package init(_ bytes: [UInt8]) throws(SQLiteError) {
        guard !bytes.isEmpty else { return }
        guard OutboxState.isSound(bytes), let parser = try? JSONParser.make(capacity: bytes.count, maxDepth: 4),
            let read = try? parser.parse(copying: bytes, OutboxState.init(tape:))
        else { throw .damaged("read the ledger", text: "it is not what was written") }
        self = read
    }

    /// What is missing is 0; nil where anything is of another kind.
    private init?(tape: JSONTape) {
        guard tape.kind(tape.top) == .object else { return nil }
        var isSound = true
        func number(_ place: Int) -> Int {
            guard tape.kind(place) == .integer else {
                isSound = false
                return 0
            }
            return Int(tape.integer(place))
        }
        if let place = tape.member("next_sequence", of: tape.top) { nextSequence = Int64(number(place)) }
        for (name, path) in OutboxState.fields {
            if let place = tape.member(name, of: tape.top) { ledger[keyPath: path] = number(place) }
        }
        if let rejected = tape.member("rejected", of: tape.top) {
            guard tape.kind(rejected) == .object else { return nil }
            tape.members(of: rejected) { key, value in
                guard let one = Rejection.allCases.first(where: { key.elementsEqual($0.code.utf8) }) else { return }
                ledger.rejected[Int(one.rawValue)] = number(value)
            }
        }
        guard isSound else { return nil }
    }

    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            o.member("next_sequence", Int(nextSequence))
            for (name, path) in OutboxState.fields { o.member("\(name)", ledger[keyPath: path]) }
            o.key("rejected")
            o.object { r in
                for rejection in Rejection.allCases {
                    r.member(rejection.code, ledger.rejected[Int(rejection.rawValue)])
                }
            }
        }
        let text = writer.bytes.dropLast()
        return text + OutboxState.sumKey + "\(OutboxState.checksum(text))}".utf8
    }

    private static let sumKey = Array(",\"crc32c\":".utf8)

    private static func checksum(_ text: ArraySlice<UInt8>) -> UInt32 {
        text.withUnsafeBytes { CRC32C.checksum($0) }
    }

    /// One without a checksum is of an outbox that a clickd before 0.1.0 made.
    private static func isSound(_ bytes: [UInt8]) -> Bool {
        let most = sumKey.count + 11
        let from = max(0, bytes.count - most)
        guard let at = (from..<bytes.count).last(where: { bytes[$0...].starts(with: sumKey) }) else { return true }
        let stated = bytes[(at + sumKey.count)...].prefix { $0 != UInt8(ascii: "}") }
        return String(decoding: stated, as: UTF8.self) == "\(checksum(bytes[..<at]))"
    }

    private static var fields: [(StaticString, WritableKeyPath<Ledger, Int>)] {
        [
            ("received", \.received), ("stored", \.stored), ("outbox", \.outbox), ("forwarded", \.forwarded),
            ("dead", \.dead), ("dropped", \.dropped), ("dead_evicted", \.deadEvicted), ("lost", \.lost),
            ("datagrams_lost", \.datagramsLost),
            ("consumed", \.consumer.consumed), ("inserted", \.consumer.inserted),
            ("duplicates", \.consumer.duplicates), ("consumer_dead", \.consumer.dead),
        ]
    }
}
