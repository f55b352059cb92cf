// The outbox's table of dead letters, keyed by the event's sequence number, so that none is there twice. Belongs to the
// outbox thread; every change is part of the transaction that moves the ledger.
import Linux
import SQLite

package final class DeadStore {
    private let database: Database
    private let insert: Statement
    private let delete: Statement
    private let oldest: Statement

    init(_ database: Database) throws(SQLiteError) {
        self.database = database
        insert = try database.prepare(
            "INSERT OR REPLACE INTO dead(sequence, code, reason, at, key, value) VALUES(?,?,?,?,?,?)")
        delete = try database.prepare("DELETE FROM dead WHERE sequence=?")
        oldest = try database.prepare(
            "SELECT sequence, length(key)+length(value) FROM dead ORDER BY sequence LIMIT 1")
    }

    /// What a letter counts for, against the limit.
    package static func bytes(_ key: Int, _ value: Int) -> Int { key + value }

    package func insert(_ dead: DeadEvent) throws(SQLiteError) {
        try insert.bind(1, dead.sequence)
        try insert.bind(2, dead.code)
        try insert.bind(3, dead.reason)
        try insert.bind(4, WallClock.nowMilliseconds)
        try dead.key.withUnsafeBytesOrError { key throws(SQLiteError) in
            try dead.value.withUnsafeBytesOrError { value throws(SQLiteError) in
                try insert.bind(5, borrowing: key)
                try insert.bind(6, borrowing: value)
                try insert.run()
            }
        }
    }

    package func delete(_ sequence: Int64) throws(SQLiteError) {
        try delete.bind(1, sequence)
        try delete.run()
    }

    /// The letter that has been there longest.
    func eldest() throws(SQLiteError) -> (sequence: Int64, bytes: Int)? {
        defer { oldest.reset() }
        return try oldest.step() ? (oldest.integer(0), Int(oldest.integer(1))) : nil
    }

    /// Bytes of all letters.
    func totalBytes() throws(SQLiteError) -> Int {
        try database.integer("SELECT ifnull(sum(length(key)+length(value)),0) FROM dead").map { Int($0) } ?? 0
    }

    package func count(_ request: DeadRequest) throws(SQLiteError) -> Int {
        let statement = try prepare("count(*)", request, order: "")
        return try statement.step() ? Int(statement.integer(0)) : 0
    }

    /// Letters in the order of their numbers, at most `request.limit`, and no more once `maxBytes` are reached. `isAll`:
    /// none follows.
    package func page(
        _ request: DeadRequest, withValues: Bool, maxBytes: Int
    ) throws(SQLiteError) -> (letters: [DeadLetter], isAll: Bool) {
        let statement = try prepare(
            "sequence, at, code, reason, key, length(value)" + (withValues ? ", value" : ""), request,
            order: " ORDER BY sequence LIMIT \(request.limit + 1)")
        var letters: [DeadLetter] = []
        var bytes = 0
        while try statement.step() {
            if letters.count == request.limit || bytes >= maxBytes { return (letters, false) }
            let at = statement.integer(1)
            let letter = DeadLetter(
                id: String(statement.integer(0)), code: statement.text(2), reason: statement.text(3), first: at,
                last: at, count: 1, key: Array(statement.bytes(4)),
                value: withValues ? Array(statement.bytes(6)) : [], valueBytes: Int(statement.integer(5)))
            bytes += letter.key.count + letter.value.count
            letters.append(letter)
        }
        return (letters, true)
    }

    private func prepare(
        _ columns: String, _ request: DeadRequest, order: String
    ) throws(SQLiteError) -> Statement {
        let filter = request.filter
        var sql = "SELECT \(columns) FROM dead WHERE sequence>? AND sequence<?"
        if filter.since != nil { sql += " AND at>=?" }
        if filter.until != nil { sql += " AND at<?" }
        if !filter.codes.isEmpty {
            sql += " AND code IN (\(filter.codes.map { _ in "?" }.joined(separator: ",")))"
        }
        if !filter.ids.isEmpty {
            sql += " AND sequence IN (\(filter.ids.compactMap { Int64($0) }.map(String.init).joined(separator: ",")))"
        }
        let statement = try database.prepare(sql + order)
        try statement.bind(1, request.after)
        try statement.bind(2, request.below)
        var index: Int32 = 3
        for time in [filter.since, filter.until] {
            guard let time else { continue }
            try statement.bind(index, time)
            index += 1
        }
        for code in filter.codes {
            try statement.bind(index, code)
            index += 1
        }
        return statement
    }
}
