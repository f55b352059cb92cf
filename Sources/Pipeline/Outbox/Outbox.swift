// The outbox thread: the only user of the SQLite connection. Group commit without a timer: it commits whatever gathered
// while the last commit ran, then tells intake (whose senders get their OK), gives the batches to the forwarder in
// memory, and reads from disk only what the forwarder's window had no room for.
//
// Promise: a batch is told to intake only after COMMIT returned with synchronous=EXTRA. After an I/O error nothing more
// is acknowledged. Without room nothing is lost: the batches wait, deliveries make room.
import Events
import Linux
import SQLite
import Settings
import Synchronization

public final class Outbox {
    /// Batches in one commit: bounds how long a commit takes.
    private static let maxCommitBytes = 4 << 20
    private static let readBytes = 4 << 20

    private let live: LiveSettings
    private var seen = 0
    private(set) var settings: OutboxSettings
    let door: OutboxDoor
    let forwarder: ForwarderDoor
    let returned: OutboxReturns
    let tail: TailTap
    let desk: DeadDesk
    private let control: StageControl
    let conditions: Conditions
    /// Another one after a damaged one was set aside.
    private(set) var file: OutboxFile
    private let published: Guarded<OutboxSnapshot>
    var state: OutboxState
    /// The forwarder has been given everything below this number.
    private var cursor: Int64 = 0
    /// Whether what is committed goes to the forwarder directly; else it is read from disk in order.
    private var isLive = false
    private var writtenSinceCheck = 0
    private var snapshot = OutboxSnapshot()
    /// Committed since the database's pages were last counted.
    private var unmeasuredBytes = 0
    private var lastSpaceCheck = Monotonic(nanoseconds: 0)
    private var hasNoSpace = false
    /// A damaged outbox, as long as it lies where it was set aside.
    private var damagedFolder: String?

    package init(
        file: OutboxFile, salvage: Salvage? = nil, live: LiveSettings, door: OutboxDoor, forwarder: ForwarderDoor,
        returned: OutboxReturns, tail: TailTap, desk: DeadDesk, published: Guarded<OutboxSnapshot>,
        control: StageControl, conditions: Conditions
    ) throws {
        self.file = file
        self.live = live
        settings = live.now.outbox
        self.door = door
        self.forwarder = forwarder
        self.returned = returned
        self.tail = tail
        self.desk = desk
        self.published = published
        self.control = control
        self.conditions = conditions
        state = try OutboxState(try file.load("ledger"))
        state.deadBytes = try file.dead.totalBytes()
        note(salvage)
        publish()
    }

    package func run() -> StageOutcome {
        while true {
            control.turn()
            if let new = live.next(&seen) { adopt(new.outbox) }
            var (batches, delivered) = gather()
            let isIdle = batches.isEmpty && delivered.isEmpty
            do {
                try checkPlace()
                if file.holdsOldWAL { try emptyOldWAL() }
                if !isIdle { try commit(batches, delivered) }
                // What is committed must not go back to the queue when something fails behind the commit.
                batches = []
                delivered = []
                try serveDesk()
                try feedForwarder()
                checkSpace()
                publish()
            } catch {
                switch recover(error, batches, delivered) {
                case .goOn: continue
                case .end(let outcome): return outcome
                }
            }
            if control.isStopRequested, isIdle { return finish() }
        }
    }

    private func adopt(_ new: OutboxSettings) {
        settings = new
        door.setMaxBytes(new.maxBytes)
        lastSpaceCheck = Monotonic(nanoseconds: 0)
    }

    // MARK: Gathering

    /// Waits for work: batches at once; deliveries alone within 100 ms, and without any event none can come; room in the
    /// forwarder's window at once.
    private func gather() -> ([EventBatch], [DeliveredBatch]) {
        let isBehind = !isLive
        let patience = state.ledger.outbox == 0 ? 500 : 100
        let deadline = Monotonic.now.adding(milliseconds: isBehind && forwarder.hasRoom ? 0 : patience)
        let batches: [EventBatch] =
            door.waiting.wait(until: deadline) { waiting -> [EventBatch]? in
                guard !waiting.batches.isEmpty, !file.holdsOldWAL else { return desk.hasWork ? [] : nil }
                var bytes = 0
                var count = 0
                while count < waiting.batches.count, bytes < Outbox.maxCommitBytes {
                    bytes += waiting.batches[count].byteCount
                    count += 1
                }
                let taken = Array(waiting.batches.prefix(count))
                waiting.batches.removeFirst(count)
                waiting.bytes -= bytes
                waiting.committingBytes = bytes
                waiting.received -= taken.reduce(0) { $0 + $1.received }
                waiting.isCommitting = true
                return taken
            } ?? []
        return (batches, returned.take())
    }

    // MARK: Commit

    private func commit(_ batches: [EventBatch], _ delivered: [DeliveredBatch]) throws {
        let start = Monotonic.now
        var next = state
        try file.database.execute("BEGIN")
        for batch in batches { try store(batch, in: &next) }
        for done in delivered { try settle(done, in: &next) }
        try file.save("ledger", next.bytes)
        try file.database.execute("COMMIT")
        state = next
        snapshot.commits += 1
        note(batches, since: start)
        hasNoSpace = file.holdsOldWAL
        // Room is looked at every 200 ms, and sooner in a flood that could use up the floor within that.
        writtenSinceCheck += batches.reduce(0) { $0 + $1.byteCount }
        if writtenSinceCheck > settings.minFreeBytes / 8 { lastSpaceCheck = Monotonic(nanoseconds: 0) }
        if !batches.isEmpty {
            // Whoever asks after his OK sees his events counted.
            publish()
            tail.show(batches)
            door.finish(batches, usedBytes: usedBytes(with: batches))
        }
        forward(batches.filter { $0.eventCount > 0 })
        if file.walBytes >= file.walLimitBytes { try shortenWAL() }
    }

    /// For the histograms, and for the forwarder's: when what was committed became safe.
    private func note(_ batches: [EventBatch], since start: Monotonic) {
        let now = Monotonic.now
        snapshot.commitSeconds.observe(Int(now.nanoseconds - start.nanoseconds))
        guard !batches.isEmpty else { return }
        for batch in batches { batch.storedAt = now }
        snapshot.commitEvents.observe(batches.reduce(0) { $0 + $1.eventCount })
        snapshot.commitBytes.observe(batches.reduce(0) { $0 + $1.byteCount })
    }

    /// Without room it is tried again after the next commit: what is committed is safe in the WAL.
    private func shortenWAL() throws {
        do { try file.checkpoint(.passive) } catch {
            guard error.remedy == .waitForSpace else { throw error }
        }
    }

    /// A WAL that a full disk kept from being emptied at start: no new event is taken before it is.
    private func emptyOldWAL() throws {
        do { try file.checkpoint(.restart) } catch {
            guard error.remedy == .waitForSpace else { throw error }
            hasNoSpace = true
        }
        if !file.holdsOldWAL { hasNoSpace = false }
    }

    private func store(_ batch: EventBatch, in next: inout OutboxState) throws {
        next.ledger.received += batch.received
        for (index, count) in batch.rejected.enumerated() { next.ledger.rejected[index] += count }
        next.ledger.datagramsLost += batch.datagramsLost
        guard batch.eventCount > 0 else { return }
        batch.first = next.nextSequence
        try file.insert(batch)
        next.nextSequence += Int64(batch.eventCount)
        next.ledger.stored += batch.eventCount
        next.ledger.outbox += batch.eventCount
    }

    private func settle(_ done: DeliveredBatch, in next: inout OutboxState) throws {
        // A second report of the same row must find nothing to do: its letters may have been retried or dropped since.
        let isThere = if let rest = done.rest { try file.replace(rest) } else { try file.delete(first: done.first) }
        guard isThere else { return }
        for dead in done.dead {
            try file.dead.insert(dead)
            next.deadBytes += DeadStore.bytes(dead.key.count, dead.value.count)
        }
        next.ledger.outbox -= done.eventCount
        next.ledger.forwarded += done.eventCount - done.dead.count
        next.ledger.dead += done.dead.count
        next.ledger.consumer += done.consumer
        try evictDead(in: &next)
    }

    // MARK: Forwarding

    /// What was just committed goes on in memory, as long as nothing before it is still to be read from disk.
    func forward(_ stored: [EventBatch]) {
        guard isLive, !stored.isEmpty else { return }
        if forwarder.hasRoom {
            forwarder.give(stored)
            cursor = state.nextSequence
        } else {
            isLive = false
        }
    }

    /// Reads what the forwarder has not been given yet, as far as its window has room.
    private func feedForwarder() throws {
        if forwarder.isRewound {
            // What was delivered must not be read, and sent, again.
            guard returned.isEmpty else { return }
            (cursor, isLive) = (0, false)
            forwarder.goOn()
        }
        guard !isLive, forwarder.hasRoom, !control.isStopRequested else { return }
        let batches = try file.read(from: cursor, maxBytes: Outbox.readBytes)
        guard let last = batches.last else {
            isLive = true
            return
        }
        cursor = last.first + 1
        forwarder.give(batches)
    }

    // MARK: Room and errors

    /// What the rows fill, `batches` among them: as last measured and their bytes on top, which are more than they take
    /// packed; measured anew when that reaches the limit, so that a flood cannot pass it between two looks.
    private func usedBytes(with batches: [EventBatch]) -> Int {
        unmeasuredBytes += batches.reduce(0) { $0 + $1.byteCount }
        if snapshot.usedBytes + unmeasuredBytes + door.waitingBytes >= door.maxBytes { measure() }
        return snapshot.usedBytes + unmeasuredBytes
    }

    private func measure() {
        guard let used = try? file.usedBytes() else { return }
        snapshot.usedBytes = used
        unmeasuredBytes = 0
    }

    private func checkSpace() {
        guard Monotonic.milliseconds(from: lastSpaceCheck, to: .now) >= 200 else { return }
        lastSpaceCheck = .now
        writtenSinceCheck = 0
        if damagedFolder.map({ !Files.exists($0) }) ?? true {
            damagedFolder = nil
            conditions.set("damage", nil)
        }
        file.reserveAhead()
        var disk = statvfs()
        let isKnown = statvfs(settings.path, &disk) == 0
        snapshot.diskFreeBytes = isKnown ? Int(disk.f_bavail) * Int(disk.f_frsize) : nil
        let isLow = snapshot.diskFreeBytes.map { $0 < settings.minFreeBytes } ?? false
        measure()
        snapshot.fileBytes = (try? file.fileBytes()) ?? 0
        snapshot.oldestMilliseconds = (try? file.oldestMilliseconds()) ?? nil
        door.state(usedBytes: snapshot.usedBytes + unmeasuredBytes, isBlocked: isLow || hasNoSpace)
        snapshot.isFull = door.isFull
        sayDeadRoom()
        if hasNoSpace {
            conditions.set("outbox", "the disk has no room; events wait at their senders until there is some")
        } else if isLow {
            conditions.set("outbox", "less than outbox.min_free_bytes are free on its disk; no new events are taken")
        } else if door.isFull {
            conditions.set(
                "outbox", "it is at its limit of outbox.max_bytes; no new events are taken until some are delivered")
        } else {
            conditions.set("outbox", nil)
        }
    }

    private enum Recovery { case goOn, end(StageOutcome) }

    private func recover(_ error: any Error, _ batches: [EventBatch], _ delivered: [DeliveredBatch]) -> Recovery {
        if file.database.isInTransaction { try? file.database.execute("ROLLBACK") }
        let failure =
            (error as? SQLiteError)
            ?? { if case .database(let inner)? = error as? OutboxError { inner } else { nil } }()
        if let failure, failure.remedy == .quarantine {
            if save(batches, delivered, because: failure) { return .goOn }
            // What only the open file holds is not let go of: senders wait, and it is tried again.
            if !file.isInPlace(), !control.isStopRequested {
                usleep(1_000_000)
                return .goOn
            }
        }
        guard let failure, failure.remedy == .waitForSpace else {
            let exitCode: Int32 = failure?.remedy == .distrustDisk ? 5 : 1
            let reason = failure.map { "outbox: \($0); nothing more is acknowledged" } ?? "outbox: \(error)"
            return .end(.failed(exitCode: exitCode, reason: reason))
        }
        // Deliveries alone may make room.
        hasNoSpace = true
        giveBack(batches, delivered)
        lastSpaceCheck = Monotonic(nanoseconds: 0)
        checkSpace()
        usleep(200_000)
        if !batches.isEmpty, !delivered.isEmpty {
            let alone = returned.take()
            do { try commit([], alone) } catch {
                if file.database.isInTransaction { try? file.database.execute("ROLLBACK") }
                returned.giveBack(alone)
            }
        }
        return control.isStopRequested ? .end(finish()) : .goOn
    }

    /// What could not be committed goes back to the head of the queue.
    private func giveBack(_ batches: [EventBatch], _ delivered: [DeliveredBatch]) {
        door.waiting.withLock {
            $0.batches.insert(contentsOf: batches, at: 0)
            $0.bytes += batches.reduce(0) { $0 + $1.byteCount }
            $0.committingBytes = 0
            $0.received += batches.reduce(0) { $0 + $1.received }
            $0.isCommitting = false
        }
        returned.giveBack(delivered)
    }

    // MARK: Damage

    /// Puts a whole outbox in the place of the damaged, or vanished, one; false where that cannot be done.
    private func save(_ batches: [EventBatch], _ delivered: [DeliveredBatch], because failure: SQLiteError) -> Bool {
        conditions.set("outbox", "\(failure); what can be read of it is being saved")
        giveBack(batches, delivered)
        do throws(OutboxError) {
            let salvage = try OutboxSalvage.run(
                settings.path, from: file.database, maxBytes: settings.maxBytes, onRow: { [control] in control.turn() })
            file = try OutboxFile.open(settings.path, maxBytes: settings.maxBytes)
            note(salvage)
        } catch {
            conditions.set("outbox", "\(failure); it could not be saved: \(error.text)")
            return false
        }
        guard let saved = try? OutboxState(try file.load("ledger")) else { return false }
        state = saved
        state.deadBytes = (try? file.dead.totalBytes()) ?? 0
        // What the forwarder has is known by numbers that stay; the rest is read anew.
        isLive = false
        conditions.set("outbox", nil)
        return true
    }

    private func note(_ salvage: Salvage?) {
        if let salvage { conditions.set("damage", "the outbox was damaged: \(salvage.text)") }
        // Of an earlier run too, until somebody has looked at it and moved it away.
        damagedFolder = salvage?.aside ?? OutboxSalvage.setAside(settings.path).last
        if salvage == nil, let damagedFolder { conditions.set("damage", "a damaged outbox lies in \(damagedFolder)") }
    }

    /// Deleted or replaced under us: nothing is acknowledged any more that only the open file would hold.
    private func checkPlace() throws(SQLiteError) {
        if !file.isInPlace() { throw .damaged("find the outbox", text: "it was deleted or replaced at its path") }
    }

    private func finish() -> StageOutcome {
        do { try file.checkpoint(.restart) } catch {
            if error.remedy == .distrustDisk { return .failed(exitCode: 5, reason: "outbox: \(error)") }
        }
        return .stopped
    }

    // MARK: Status

    func publish() {
        snapshot.ledger = state.ledger
        snapshot.deadBytes = state.deadBytes
        let pending = door.waiting.withLock { $0.received }
        snapshot.ledger.pending = pending
        snapshot.ledger.received += pending
        snapshot.walBytes = file.walBytes
        let taken = snapshot
        published.withLock { $0 = taken }
    }
}
