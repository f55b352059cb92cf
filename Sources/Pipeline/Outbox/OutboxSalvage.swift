// A damaged outbox is set aside whole, and what can be read of it goes into a new one. The new one is made beside it
// first; then the two are renamed. Dying before the renaming leaves the damaged one as it was, and the next start begins
// again; dying between the two renamings leaves a whole new one without its name, which the next start gives it.
//
// A row counts only with its checksum. A page that was freed may give a row that was delivered before: it is sent again,
// and is a duplicate in MongoDB.
import Events
import Linux
import SQLite

package struct Salvage: Sendable {
    /// Where the damaged one lies now; nil where nothing was left at its path.
    package var aside: String?
    package var savedEvents = 0
    package var savedDead = 0
    /// Events known to have been there, and not read.
    package var lostEvents = 0

    package var text: String {
        "\(savedEvents) events and \(savedDead) dead letters were saved, \(lostEvents) events are lost"
            + (aside.map { "; what was at its path lies in \($0)" } ?? "")
    }
}

package struct OutboxSalvage {
    /// Copied rows are committed once this much has gathered.
    private static let commitBytes = 32 << 20
    private let folder: String
    private let from: Database?
    private let to: OutboxFile
    private let insertBatch: Statement
    private let insertDead: Statement
    private let onRow: () -> Void
    private var result = Salvage()
    private var highest: Int64 = 0
    /// Rows whose events are not what their checksum says, and how many events those were.
    private var damaged: [Int64: Int] = [:]
    private var uncommittedBytes = 0

    private static let damagedName = ".damaged-"

    private static func beside(_ folder: String) -> String { folder + ".salvage" }

    /// Finishes what an earlier process was about to: called before the outbox is opened.
    package static func finishRenaming(_ folder: String) throws(OutboxError) {
        let beside = beside(folder)
        guard Files.exists(beside) else { return }
        // Whole only where the damaged one is already aside.
        if Files.exists(folder) { return try removeFolder(beside) }
        _ = try hold(beside)
        try move(beside, folder)
    }

    /// The folders of damaged outboxes that were set aside.
    package static func setAside(_ folder: String) -> [String] {
        let name = folder.split(separator: "/").last.map(String.init) ?? ""
        let parent = Files.parent(of: folder)
        return Files.names(in: parent).filter { $0.hasPrefix(name + damagedName) }.sorted().map { parent + "/" + $0 }
    }

    /// Saves what can be read, sets the damaged outbox aside, and leaves a whole one in its place, closed. `from`: its open
    /// database, where there is one; whoever has it lets go of it afterwards. `onRow`: a sign of life.
    package static func run(
        _ folder: String, from: Database?, maxBytes: Int, onRow: @escaping () -> Void = {}
    ) throws(OutboxError) -> Salvage {
        let beside = beside(folder)
        if Files.exists(beside) { try removeFolder(beside) }
        // Whoever gives an open database holds the folder already.
        let held: PidFile? = from == nil ? try hold(folder) : nil
        defer { withExtendedLifetime(held) {} }
        var result: Salvage
        do {
            // In a scope of its own: it is closed before it is renamed.
            let to = try OutboxFile.open(beside, maxBytes: maxBytes)
            do throws(SQLiteError) {
                let source = from ?? (try? Database.open(folder + "/outbox.db", create: false))
                var salvage = try OutboxSalvage(folder: folder, from: source, to: to, onRow: onRow)
                result = try salvage.copy()
            } catch { throw .database(error) }
        }
        if let name = try? Files.read(folder + "/consumer.id") {
            do { try Files.replace(beside + "/consumer.id", with: name) } catch { throw .system("\(error)") }
        }
        if Files.exists(folder) {
            let aside = aside(folder)
            try move(folder, aside)
            result.aside = aside
        }
        try move(beside, folder)
        return result
    }

    private static func aside(_ folder: String) -> String {
        let time = String(decoding: EventTime.text(WallClock.nowMilliseconds).prefix(19), as: UTF8.self)
        let name = folder + damagedName + time.filter { $0.isNumber || $0 == "T" }
        return Files.exists(name) ? name + "-" + Files.randomHex(bytes: 4) : name
    }

    private static func move(_ from: String, _ to: String) throws(OutboxError) {
        guard rename(from, to) == 0 else { throw .system("\(SystemError("rename \(from) to \(to)"))") }
        do { try Files.syncFolder(of: to) } catch { throw .system("\(error)") }
    }

    /// Throws where another process is at work there.
    static func hold(_ folder: String) throws(OutboxError) -> PidFile {
        do {
            return try PidFile.take(folder + "/clickd.pid")
        } catch let held as PidFile.Held {
            throw .held(path: folder, pid: held.pid)
        } catch {
            throw .system("\(error)")
        }
    }

    private static func removeFolder(_ path: String) throws(OutboxError) {
        _ = try hold(path)
        for name in Files.names(in: path) { unlink(path + "/" + name) }
        guard rmdir(path) == 0 else { throw .system("\(SystemError("remove \(path)"))") }
    }

    private init(
        folder: String, from: Database?, to: OutboxFile, onRow: @escaping () -> Void
    ) throws(SQLiteError) {
        self.folder = folder
        self.from = from
        self.to = to
        self.onRow = onRow
        insertBatch = try to.database.prepare(
            "INSERT OR IGNORE INTO batch(first, at, count, bytes, crc, events) VALUES(?,?,?,?,?,?)")
        insertDead = try to.database.prepare(
            "INSERT OR IGNORE INTO dead(sequence, code, reason, at, key, value) VALUES(?,?,?,?,?,?)")
    }

    private mutating func copy() throws(SQLiteError) -> Salvage {
        try to.database.execute("BEGIN")
        let reading = try OutboxReading.read(folder, from, onPage: onRow) { (row) throws(SQLiteError) in
            onRow()
            switch row {
            case .batch(let batch): try save(batch)
            case .dead(let dead): try save(dead)
            }
        }
        try finishLedger(reading)
        try to.database.execute("COMMIT")
        try to.checkpoint(.restart)
        return result
    }

    // MARK: Saving

    private mutating func save(_ row: BatchRow) throws(SQLiteError) {
        guard let batch = row.batch else {
            highest = max(highest, row.first &+ Int64(row.eventCount))
            damaged[row.first] = max(0, min(row.eventCount, 1 << 20))
            return
        }
        highest = max(highest, batch.nextSequence)
        for (index, number) in [row.first, row.at, Int64(row.eventCount), Int64(row.byteCount), Int64(row.checksum)]
            .enumerated()
        {
            try insertBatch.bind(Int32(index) + 1, number)
        }
        try row.stored.withUnsafeBytesOrError { bytes throws(SQLiteError) in
            try insertBatch.bind(6, borrowing: bytes)
            try insertBatch.run()
        }
        if to.database.changes > 0 { result.savedEvents += row.eventCount }
        try commit(row.stored.count)
    }

    private mutating func save(_ dead: DeadRow) throws(SQLiteError) {
        highest = max(highest, dead.event.sequence &+ 1)
        try insertDead.bind(1, dead.event.sequence)
        try insertDead.bind(2, dead.event.code)
        try insertDead.bind(3, dead.event.reason)
        try insertDead.bind(4, dead.at)
        try dead.event.key.withUnsafeBytesOrError { key throws(SQLiteError) in
            try dead.event.value.withUnsafeBytesOrError { value throws(SQLiteError) in
                try insertDead.bind(5, borrowing: key)
                try insertDead.bind(6, borrowing: value)
                try insertDead.run()
            }
        }
        if to.database.changes > 0 { result.savedDead += 1 }
        try commit(dead.event.value.count)
    }

    private mutating func commit(_ bytes: Int) throws(SQLiteError) {
        uncommittedBytes += bytes
        guard uncommittedBytes >= OutboxSalvage.commitBytes else { return }
        uncommittedBytes = 0
        try to.database.execute("COMMIT")
        try to.checkpoint(.passive)
        try to.database.execute("BEGIN")
    }

    // MARK: Ledger

    /// What lies in the new outbox is what the ledger says lies there; what is missing of the old sum is lost.
    private mutating func finishLedger(_ reading: OutboxReading) throws(SQLiteError) {
        var next = reading.state ?? OutboxState()
        let known = next.ledger
        next.ledger.outbox = result.savedEvents
        next.ledger.dead = result.savedDead
        if reading.state == nil {
            // Nothing is known but what was found.
            result.lostEvents = damaged.values.reduce(0, +)
            next.nextSequence = highest + 1_000_000
        } else {
            result.lostEvents = max(0, known.outbox + known.dead - result.savedEvents - result.savedDead)
            next.nextSequence = max(next.nextSequence, highest)
        }
        next.ledger.lost += result.lostEvents
        let others = next.ledger.outbox + next.ledger.dead + next.ledger.dropped + next.ledger.lost
        if next.ledger.stored < others {
            next.ledger.received += others - next.ledger.stored
            next.ledger.stored = others
        }
        // Rows of freed pages had been forwarded: they are to be forwarded again.
        next.ledger.forwarded = next.ledger.stored - others
        try to.save("ledger", next.bytes)
        try to.save("mode", reading.mode)
    }
}
