// What the outbox thread does with dead letters: answers one request between two commits, and gives the oldest up where
// new ones need their room. Each change and its move in the ledger are one transaction: a retry moves a letter back into
// the rows under a new sequence number (dead -> outbox), a drop gives it up (dead -> dropped).
import Events
import Linux
import SQLite
import Settings

extension Outbox {
    /// Letters may fill so much: a quarter of the outbox at most, so that they never stop new events.
    var deadLimitBytes: Int { min(settings.maxDeadBytes, settings.maxBytes / 4) }

    /// Answers one request, if one waits. Throws only what the outbox cannot go on after.
    func serveDesk() throws {
        guard let asked = desk.take() else { return }
        var answer: DeadAnswer
        do throws(SQLiteError) {
            answer = try self.answer(asked.request)
        } catch {
            if file.database.isInTransaction { try? file.database.execute("ROLLBACK") }
            let isFull = error.remedy == .waitForSpace
            let text = isFull ? "the outbox's disk has no room" : "\(error)"
            asked.answer.update { $0 = DeadDesk.failed(text) }
            if !isFull { throw error }
            return
        }
        answer.below = state.nextSequence
        if asked.request.action == .retry || asked.request.action == .drop { publish() }
        asked.answer.update { $0 = answer }
    }

    private func answer(_ request: DeadRequest) throws(SQLiteError) -> DeadAnswer {
        var request = request
        request.limit = max(1, min(request.limit, DeadDesk.mostLetters))
        var answer = DeadAnswer()
        switch request.action {
        case .count:
            answer.matching = try file.dead.count(request)
            return answer
        case .list:
            let page = try file.dead.page(request, withValues: request.withValues, maxBytes: 1 << 20)
            answer.letters = page.letters
            answer.next = page.isAll ? nil : page.letters.last.flatMap { Int64($0.id) }
            return answer
        case .retry, .drop:
            guard !file.holdsOldWAL else { return DeadDesk.failed("the outbox's disk has no room") }
            let isRetry = request.action == .retry
            let page = try file.dead.page(request, withValues: isRetry, maxBytes: EventBatch.fullBytes)
            guard !page.letters.isEmpty else { return answer }
            if isRetry { try retry(page.letters, newIDs: request.newIDs) } else { try drop(page.letters) }
            // Whoever asked knows their bytes, or does not need them.
            answer.letters = page.letters.map {
                DeadLetter(
                    id: $0.id, code: $0.code, reason: "", first: $0.first, last: $0.last, count: $0.count, key: [],
                    value: [], valueBytes: $0.valueBytes)
            }
            answer.next = page.isAll ? nil : page.letters.last.flatMap { Int64($0.id) }
            return answer
        }
    }

    private func retry(_ letters: [DeadLetter], newIDs: Bool) throws(SQLiteError) {
        let values = letters.map { letter in
            newIDs && letter.code == idConflictCode
                ? MessageID.replace(in: letter.value, by: "retried-\(Files.randomHex(bytes: 16))") ?? letter.value
                : letter.value
        }
        let room = zip(letters, values).reduce(0) { $0 + PackedEvents.headerBytes + $1.0.key.count + $1.1.count }
        let batch = EventBatch(capacity: room)
        for (letter, value) in zip(letters, values) { batch.append(key: letter.key, value: value) }
        try move(letters) { (next) throws(SQLiteError) in
            batch.first = next.nextSequence
            try file.insert(batch)
            next.nextSequence += Int64(batch.eventCount)
            next.ledger.outbox += batch.eventCount
        }
        forward([batch])
    }

    private func drop(_ letters: [DeadLetter]) throws(SQLiteError) {
        try move(letters) { (next) throws(SQLiteError) in next.ledger.dropped += letters.count }
    }

    /// Takes letters out of the table and out of `dead`, and does `body`, in one transaction.
    private func move(
        _ letters: [DeadLetter], _ body: (inout OutboxState) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        var next = state
        try file.database.execute("BEGIN")
        for letter in letters {
            guard let sequence = Int64(letter.id) else { continue }
            try file.dead.delete(sequence)
            next.deadBytes -= DeadStore.bytes(letter.key.count, letter.valueBytes)
        }
        next.ledger.dead -= letters.count
        try body(&next)
        try file.save("ledger", next.bytes)
        try file.database.execute("COMMIT")
        state = next
    }

    // MARK: Room

    /// Gives up the oldest letters where there are too many bytes of them; part of the transaction that brought more.
    func evictDead(in next: inout OutboxState) throws(SQLiteError) {
        while next.deadBytes > deadLimitBytes, let eldest = try file.dead.eldest() {
            try file.dead.delete(eldest.sequence)
            next.deadBytes -= eldest.bytes
            next.ledger.dead -= 1
            next.ledger.dropped += 1
            next.ledger.deadEvicted += 1
        }
    }

    /// Says so while the letters' room is nearly or wholly used; each letter given up changes the text, and is logged.
    func sayDeadRoom() {
        let evicted = state.ledger.deadEvicted
        guard state.deadBytes > deadLimitBytes / 10 * 9 else { return conditions.set("outbox dead letters", nil) }
        conditions.set(
            "outbox dead letters",
            evicted == 0
                ? "they fill nine tenths of outbox.max_dead_bytes; beyond it the oldest are given up: clickd dead"
                : "outbox.max_dead_bytes is reached: \(evicted) of the oldest were given up so far; see clickd dead")
    }
}
