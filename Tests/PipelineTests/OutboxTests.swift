import Linux
import Pipeline
import SQLite
import TestSupport
import Testing

@Suite(.waiting) struct OutboxTests {
    @Test("a batch is on disk before intake is told that it is committed")
    func onDiskFirst() throws {
        let folder = try TemporaryFolder()
        let copy = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        let batch = packing.numbered(0..<50)
        outbox.commit(batch)
        // As after a power cut: what the files hold at this moment.
        for name in ["outbox.db", "outbox.db-wal"] {
            try Command.run("cp", ["--sparse=always", "\(folder.path)/\(name)", copy.path])
        }
        let file = try OutboxFile.open(copy.path, maxBytes: 64 << 20)
        let read = try file.read(from: 0, maxBytes: 1 << 20)
        #expect(read.map(\.events) == [batch.events])
        let state = try OutboxState(try file.load("ledger"))
        #expect(state.ledger.stored == 50)
        #expect(state.nextSequence == 51)
    }

    @Test("the ledger and the numbering go on over a restart, also when every row was deleted")
    func restart() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        do {
            let outbox = try OutboxHarness(folder.path)
            let batch = packing.batch([#"{"event":"x"}"#, "no", #"{"event":"y"}"#, "[]"])
            batch.datagramsLost = 3
            outbox.commit(batch)
            let sent = outbox.forwarded()
            #expect(sent.map(\.first) == [1])
            outbox.deliver(sent)
            eventually(within: 5, "the row is deleted") { outbox.ledger.forwarded == 2 }
            #expect(outbox.stop() == .stopped)
        }
        let outbox = try OutboxHarness(folder.path)
        let ledger = outbox.ledger
        #expect(ledger.received == 4)
        #expect(ledger.stored == 2)
        #expect(ledger.rejectedTotal == 2)
        #expect(ledger.forwarded == 2)
        #expect(ledger.outbox == 0)
        #expect(ledger.datagramsLost == 3)
        #expect(ledger.isBalanced)
        outbox.commit(packing.numbered(0..<1))
        #expect(outbox.forwarded().map(\.first) == [3])
    }

    @Test("what was not delivered comes again after a restart, in order and once")
    func undelivered() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        do {
            let outbox = try OutboxHarness(folder.path)
            for start in stride(from: 0, to: 50, by: 10) { outbox.commit(packing.numbered(start..<start + 10)) }
            var sent: [EventBatch] = []
            eventually(within: 5, "all is given to the forwarder") {
                sent += outbox.forwarded(within: 50)
                return sent.count == 5
            }
            outbox.deliver([sent[0], sent[2]])
            eventually(within: 5, "two rows are deleted") { outbox.ledger.outbox == 30 }
            outbox.stop()
        }
        let outbox = try OutboxHarness(folder.path)
        #expect(outbox.ledger.isBalanced)
        var sent: [EventBatch] = []
        eventually(within: 5, "the rest comes") {
            sent += outbox.forwarded(within: 50)
            return sent.count >= 3
        }
        #expect(sent.map(\.first) == [11, 31, 41])
        #expect(outbox.forwarded(within: 300).isEmpty)
    }

    @Test("a delivery alone deletes its row, in a commit of its own; beside a commit, inside of it")
    func deletes() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        outbox.commit(packing.numbered(0..<10))
        outbox.deliver(outbox.forwarded(within: 10_000))
        // Nothing comes that could carry it.
        eventually(within: 5, "the row is deleted") { outbox.ledger.forwarded == 10 }
        #expect(outbox.snapshot.commits == 2, "the events' and the delivery's")
        var made = 10
        outbox.commit(packing.numbered(made..<made + 10))
        var shared = 0
        // The outbox looks for deliveries of its own accord too: where it does so between the two, they are two commits.
        // It does so every 100 ms, so not each time.
        for _ in 0..<20 where shared == 0 {
            let sent = outbox.forwarded(within: 10_000)
            let before = outbox.snapshot.commits
            made += 10
            outbox.deliver(sent)
            outbox.commit(packing.numbered(made..<made + 10))
            eventually(within: 5, "the row is deleted") { outbox.ledger.forwarded == made }
            let commits = outbox.snapshot.commits - before
            #expect((1...2).contains(commits))
            if commits == 1 { shared += 1 }
        }
        #expect(shared > 0, "events and a delivery are one commit")
        #expect(outbox.ledger.outbox == 10)
        #expect(outbox.ledger.isBalanced)
    }

    @Test("a batch that is delivered twice counts once; its dead events are kept and counted apart")
    func settled() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        do {
            let outbox = try OutboxHarness(folder.path)
            outbox.commit(packing.numbered(0..<10))
            let dead = DeadEvent(sequence: 4, code: "c", reason: "r", key: [1], value: [2])
            outbox.returned.give([DeliveredBatch(first: 1, eventCount: 10, dead: [dead])])
            eventually(within: 5, "the row is deleted") { outbox.ledger.outbox == 0 }
            outbox.returned.give([DeliveredBatch(first: 1, eventCount: 10)])
            outbox.commit(packing.numbered(10..<11))
            eventually(within: 5, "both are taken") { outbox.returned.isEmpty && outbox.ledger.stored == 11 }
            #expect(outbox.ledger.forwarded == 9)
            #expect(outbox.ledger.dead == 1)
            #expect(outbox.ledger.isBalanced)
        }
        let file = try OutboxFile.open(folder.path, maxBytes: 64 << 20)
        #expect(try file.database.text("SELECT hex(value) FROM dead WHERE sequence=4 AND code='c'") == "02")
    }

    @Test("a backlog beyond the forwarder's window waits on disk and is read in order, nothing twice, nothing missing")
    func backlog() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path, maxBytes: 256 << 20)
        let size = 250
        var made = 0
        while made < 300 * size {
            outbox.door.give(packing.numbered(made..<made + size, padding: 900))
            made += size
            if made % (20 * size) == 0 {
                eventually(within: 20, "commits keep up") {
                    _ = outbox.door.takeCommitted()
                    return outbox.door.waitingBytes == 0
                }
            }
        }
        eventually(within: 20, "all is stored") { outbox.ledger.outbox == made }
        #expect(!outbox.forwarder.hasRoom, "the test makes more than the window holds")
        var next: Int64 = 1
        var held: [EventBatch] = []
        var mixed = false
        eventually(within: 30, "all is given") {
            let came = outbox.forwarded(within: 100)
            for batch in came {
                if batch.first != next { Issue.record("\(batch.first) came where \(next) was due") }
                next = batch.first + Int64(batch.eventCount)
            }
            held += came
            // New events while the backlog is read come behind it.
            if next > 200 * Int64(size), !mixed {
                mixed = true
                outbox.door.give(packing.numbered(made..<made + size))
                made += size
            }
            outbox.deliver(Array(held.prefix(5)))
            held.removeFirst(min(5, held.count))
            return next == Int64(made) + 1 && held.isEmpty
        }
        eventually(within: 10, "all is deleted") { outbox.ledger.forwarded == made }
        _ = outbox.door.takeCommitted()
        // And live again: no reading between commit and forwarder.
        outbox.commit(packing.numbered(made..<made + 1))
        #expect(outbox.forwarded().map(\.first) == [Int64(made) + 1])
        #expect(outbox.ledger.isBalanced)
    }

    @Test("damage found while reading is set aside and counted, and taking goes on")
    func damage() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/outbox"
        var packing = try Packing()
        do {
            let outbox = try OutboxHarness(path)
            outbox.commit(packing.numbered(0..<3))
            outbox.commit(packing.numbered(3..<5))
        }
        do {
            let database = try Database.open(path + "/outbox.db")
            try database.execute("UPDATE batch SET crc=crc+1 WHERE first=1")
        }
        let outbox = try OutboxHarness(path)
        eventually(within: 10, "what is gone is counted") { outbox.ledger.lost == 3 }
        #expect(outbox.conditions.reason("damage")?.contains("3 events are lost") == true)
        outbox.commit(packing.numbered(5..<6))
        #expect(outbox.ledger.isBalanced && outbox.ledger.outbox == 3)
        var forwarded = 0
        eventually(within: 5, "what was saved is forwarded, and what is new") {
            forwarded += outbox.forwarded(within: 50).reduce(0) { $0 + $1.eventCount }
            return forwarded == 3
        }
        // The condition goes when somebody has moved the damaged one away.
        for aside in Files.names(in: folder.path) where aside.contains("damaged") {
            #expect(rename(folder.path + "/" + aside, folder.path + "/seen") == 0)
        }
        eventually(within: 5, "the condition goes") { outbox.conditions.reason("damage") == nil }
    }

    @Test("at its limit it takes no new events, until deliveries make room")
    func limit() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path, maxBytes: 4 << 20)
        var number = 0
        eventually(within: 20, "it is full") {
            outbox.commit(packing.numbered(number..<number + 200, padding: 1000))
            number += 200
            return outbox.door.isFull
        }
        eventually(within: 5, "status says so") { outbox.conditions.reason("outbox")?.contains("max_bytes") == true }
        var delivered = 0
        eventually(within: 10, "there is room again") {
            let came = outbox.forwarded(within: 100)
            delivered += came.reduce(0) { $0 + $1.eventCount }
            outbox.deliver(came)
            return delivered == number && !outbox.door.isFull
        }
        eventually(within: 5, "status is well") { outbox.conditions.reason("outbox") == nil }
        #expect(outbox.ledger.isBalanced)
    }
}

@Suite(.waiting, .serialized, .enabled(if: SmallDisk.isAllowed(.memory))) struct FullDiskTests {
    @Test("a disk at its floor: below min_free_bytes no new events are taken; what is stored stays, and room ends it")
    func floor() throws {
        let disk = try SmallDisk(megabytes: 64)
        var packing = try Packing()
        let outbox = try OutboxHarness(disk.path + "/outbox", maxBytes: 32 << 20, minFreeBytes: 8 << 20)
        outbox.commit(packing.numbered(0..<10))
        #expect(!outbox.door.isFull)
        try disk.fill(leaving: 4 << 20)
        eventually(within: 5, "it is full") { outbox.snapshot.isFull && outbox.door.isFull }
        #expect(outbox.conditions.reason("outbox")?.contains("min_free_bytes") == true)
        // Deliveries go on.
        outbox.deliver(outbox.forwarded())
        eventually(within: 5, "the row is deleted") { outbox.ledger.forwarded == 10 }
        disk.empty()
        eventually(within: 5, "it is open again") { !outbox.door.isFull && !outbox.snapshot.isFull }
        outbox.commit(packing.numbered(10..<20))
    }

    @Test("a disk that others filled: nothing is lost and nothing acknowledged early; with room it goes on")
    func full() throws {
        let disk = try SmallDisk(megabytes: 64)
        var packing = try Packing()
        let outbox = try OutboxHarness(disk.path + "/outbox", maxBytes: 32 << 20)
        outbox.commit(packing.numbered(0..<10))
        try disk.fill()
        var given = 10
        var told = 10
        func tellings() { told += 1000 * outbox.door.takeCommitted().count }
        // More than the room that is kept ahead holds.
        for _ in 0..<40 {
            outbox.door.give(packing.numbered(given..<given + 1000, padding: 900))
            given += 1000
        }
        eventually(within: 20, "it says that the disk is full") {
            tellings()
            return outbox.conditions.reason("outbox")?.contains("no room") == true
        }
        #expect(outbox.outcome == nil)
        tellings()
        #expect(told < given)
        #expect(outbox.door.isFull)
        let stored = outbox.ledger.stored
        #expect(stored >= told, "only what is stored is acknowledged")
        disk.empty()
        var next: Int64 = 1
        eventually(within: 20, "all is committed and forwarded in order") {
            tellings()
            let came = outbox.forwarded(within: 20)
            for batch in came {
                if batch.first != next { Issue.record("\(batch.first) came where \(next) was due") }
                next = batch.first + Int64(batch.eventCount)
            }
            outbox.deliver(came)
            return told == given && outbox.ledger.forwarded == given
        }
        #expect(outbox.ledger.stored == given, "each batch once")
        #expect(outbox.ledger.received == given)
        #expect(outbox.ledger.isBalanced)
        eventually(within: 5, "it is well") { outbox.conditions.reason("outbox") == nil && !outbox.door.isFull }
    }

    @Test("with the disk full, deliveries still delete their rows")
    func deletesOnFullDisk() throws {
        let disk = try SmallDisk(megabytes: 64)
        var packing = try Packing()
        let outbox = try OutboxHarness(disk.path + "/outbox", maxBytes: 32 << 20)
        for start in stride(from: 0, to: 8000, by: 1000) {
            outbox.commit(packing.numbered(start..<start + 1000, padding: 900))
        }
        try disk.fill()
        var delivered = 0
        eventually(within: 20, "all is delivered and deleted") {
            let came = outbox.forwarded(within: 20)
            delivered += came.reduce(0) { $0 + $1.eventCount }
            outbox.deliver(came)
            return outbox.ledger.forwarded == 8000
        }
        #expect(outbox.outcome == nil)
        #expect(outbox.ledger.isBalanced)
    }
}
