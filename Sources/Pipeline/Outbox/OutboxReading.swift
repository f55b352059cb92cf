// Everything that can be read of an outbox that may be damaged: rows by SQLite from both ends up to the damage, and what
// lies between page by page. Changes nothing.
import Linux
import SQLite

package enum OutboxRow {
    case batch(BatchRow)
    case dead(DeadRow)
}

package struct OutboxReading {
    /// nil where it could not be read.
    package var state: OutboxState?
    package var mode: [UInt8] = []
    /// SQLite could read all of it. Whether the rows are what was stored, their checksums tell.
    package var isWhole: Bool { state != nil && gaps.batches.isEmpty && gaps.dead.isEmpty }

    /// Numbers that SQLite could not read.
    private var gaps: (batches: Range<Int64>, dead: Range<Int64>) = (.all, .all)

    /// `from`: the open database; nil where SQLite cannot open it. What `visit` throws ends the reading.
    package static func read(
        _ folder: String, _ from: Database?, onPage: () -> Void = {},
        _ visit: (OutboxRow) throws(SQLiteError) -> Void
    ) throws(SQLiteError) -> OutboxReading {
        var reading = OutboxReading()
        // Where the tables are not as they were made, SQLite might find nothing wrong, and no rows.
        if let from, (try? OutboxFile.lookAtTables(from)) != nil {
            reading.mode = (try? from.bytes("SELECT value FROM state WHERE name='mode'")) ?? []
            if let bytes = try? from.bytes("SELECT value FROM state WHERE name='ledger'") {
                reading.state = try? OutboxState(bytes)
            }
            reading.gaps.batches = try walk(
                from, "SELECT first, at, count, bytes, crc, events FROM batch ORDER BY first"
            ) { (row) throws(SQLiteError) in try visit(.batch(BatchRow(row))) }
            reading.gaps.dead = try walk(
                from, "SELECT sequence, code, reason, at, key, value FROM dead ORDER BY sequence"
            ) { (row) throws(SQLiteError) in try visit(.dead(DeadRow(row))) }
        }
        if !reading.isWhole { try reading.search(folder, onPage, visit) }
        return reading
    }

    /// Visits the rows of `sql` from both ends; the numbers between the last that could be read of each.
    private static func walk(
        _ from: Database, _ sql: String, _ visit: (Statement) throws(SQLiteError) -> Void
    ) throws(SQLiteError) -> Range<Int64> {
        var low = Int64.min
        var high = Int64.max
        for order in ["", " DESC"] {
            guard let rows = try? from.prepare(sql + order) else { return low..<high }
            while true {
                // An error of what is read is not one of whoever takes it.
                do { if try !rows.step() { return 0..<0 } } catch { break }
                let number = rows.integer(0)
                guard number >= low, number < high else { break }
                try visit(rows)
                if order.isEmpty { low = number + 1 } else { high = number }
            }
        }
        return low..<max(low, high)
    }

    /// Page by page, the rows in the gaps, and of several ledgers the newest.
    private mutating func search(
        _ folder: String, _ onPage: () -> Void, _ visit: (OutboxRow) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        let raw: RawRows
        do throws(SystemError) {
            raw = try RawRows.open(folder + "/outbox.db", pageBytes: OutboxFile.pageBytes)
        } catch { return }
        let isLedgerKnown = state != nil
        let gaps = gaps
        var failure: SQLiteError?
        raw.forEach(onPage: onPage) { row in
            do throws(SQLiteError) {
                guard failure == nil else { return }
                if let batch = BatchRow(row), gaps.batches.contains(batch.first) { try visit(.batch(batch)) }
                if let dead = DeadRow(row), gaps.dead.contains(dead.event.sequence) { try visit(.dead(dead)) }
            } catch { failure = error }
            guard row.columns.count == 2, case .bytes(let name) = row.columns[0],
                case .bytes(let value) = row.columns[1]
            else { return }
            if name.elementsEqual("mode".utf8), mode.isEmpty { mode = value }
            if !isLedgerKnown, name.elementsEqual("ledger".utf8), !value.isEmpty, let read = try? OutboxState(value),
                read.nextSequence > state?.nextSequence ?? 0
            {
                state = read
            }
        }
        if let failure { throw failure }
    }
}

extension Range<Int64> {
    fileprivate static let all = Int64.min..<Int64.max
}
