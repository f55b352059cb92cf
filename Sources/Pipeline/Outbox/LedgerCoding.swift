// The outbox's side of the ledger, and the next sequence number, as one row of the database holds them: JSON, so that
// a person with sqlite3 can read it.
import Events
import JSON

package struct OutboxState {
    package var ledger = Ledger()
    /// The next event's number. A stored value, never SQLite's rowid, which starts at 1 again in an empty table.
    package var nextSequence: Int64 = 1

    package init() {}

    package init(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        let parser = try JSONParser.make(capacity: bytes.count, maxDepth: 4)
        self = try parser.parse(copying: bytes) { tape in
            func number(_ name: StaticString, of place: Int) -> Int {
                tape.member(name, of: place).map { Int(tape.integer($0)) } ?? 0
            }
            var state = OutboxState()
            state.nextSequence = Int64(number("next_sequence", of: tape.top))
            for (name, path) in OutboxState.fields { state.ledger[keyPath: path] = number(name, of: tape.top) }
            if let rejected = tape.member("rejected", of: tape.top) {
                for rejection in Rejection.allCases {
                    tape.members(of: rejected) { key, value in
                        if key.elementsEqual(rejection.code.utf8) {
                            state.ledger.rejected[Int(rejection.rawValue)] = Int(tape.integer(value))
                        }
                    }
                }
            }
            return state
        }
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
        return writer.bytes
    }

    private static var fields: [(StaticString, WritableKeyPath<Ledger, Int>)] {
        [
            ("received", \.received), ("stored", \.stored), ("outbox", \.outbox), ("forwarded", \.forwarded),
            ("dead", \.dead), ("dropped", \.dropped), ("lost", \.lost), ("datagrams_lost", \.datagramsLost),
            ("consumed", \.consumer.consumed), ("inserted", \.consumer.inserted),
            ("duplicates", \.consumer.duplicates), ("consumer_dead", \.consumer.dead),
        ]
    }
}
