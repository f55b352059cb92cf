// Looking at an outbox whose daemon is stopped: what is in it, and whether all of it is as it was stored. Changes nothing.
import Linux
import SQLite

package struct OutboxInspection {
    package var rows = 0
    package var events = 0
    package var dead = 0
    /// Of the events, unpacked.
    package var bytes = 0
    package var state: OutboxState?
    /// What is wrong, each a sentence; empty where all is well.
    package var problems: [String] = []
    private static let mostProblems = 20

    /// `onEvent` gets every event that can be read. Throws where another process has the outbox, or there is none.
    package static func run(
        _ folder: String, onEvent: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws(OutboxError) -> OutboxInspection {
        guard Files.exists(folder + "/outbox.db") else { throw .refused("there is no outbox in \(folder)") }
        let held = try OutboxSalvage.hold(folder)
        defer { withExtendedLifetime(held) {} }
        if let found = OutboxFile.formatOnDisk(folder + "/outbox.db"), found > OutboxFile.format {
            throw .newerFormat(path: folder, found: found, known: OutboxFile.format)
        }
        var inspection = OutboxInspection()
        var database: Database?
        do throws(SQLiteError) {
            let opened = try Database.open(folder + "/outbox.db", create: false)
            opened.leaveWAL()
            try opened.execute("PRAGMA locking_mode=EXCLUSIVE")
            try opened.execute("PRAGMA cell_size_check=ON")
            try inspection.checkTrees(opened)
            database = opened
        } catch { inspection.add("SQLite cannot read it: \(error.text)") }
        do throws(SQLiteError) {
            let reading = try OutboxReading.read(folder, database) { (row) throws(SQLiteError) in
                inspection.take(row, onEvent)
            }
            inspection.judge(reading)
        } catch { throw .database(error) }
        return inspection
    }

    private mutating func add(_ problem: String) {
        if problems.count < OutboxInspection.mostProblems { problems.append(problem) }
    }

    private mutating func checkTrees(_ database: Database) throws(SQLiteError) {
        let check = try database.prepare("PRAGMA integrity_check(\(OutboxInspection.mostProblems))")
        while try check.step() { if check.text(0) != "ok" { add("SQLite: " + check.text(0)) } }
    }

    private mutating func take(_ row: OutboxRow, _ onEvent: (UnsafeRawBufferPointer) -> Void) {
        switch row {
        case .dead: dead += 1
        case .batch(let row):
            guard let batch = row.batch else {
                return add("row \(row.first): its \(row.eventCount) events are not what was stored")
            }
            rows += 1
            events += batch.eventCount
            bytes += batch.byteCount
            batch.forEachValue(onEvent)
        }
    }

    private mutating func judge(_ reading: OutboxReading) {
        state = reading.state
        guard let ledger = state?.ledger else { return add("the ledger cannot be read") }
        if !reading.isWhole { add("not all rows can be reached; what was found is counted here") }
        if !ledger.isBalanced { add("the ledger does not balance") }
        if ledger.outbox != events { add("the ledger says \(ledger.outbox) events lie here, and \(events) do") }
        if ledger.dead != dead { add("the ledger says \(ledger.dead) dead letters lie here, and \(dead) do") }
    }
}
