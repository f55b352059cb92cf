// The outbox's dead letters, driven through its desk as the control thread does it.
import Events
import Linux
import Pipeline
import SQLite
import TestSupport
import Testing

extension OutboxHarness {
    /// Commits `numbers` as one batch and reports the events in `dead` as refused, the others as delivered.
    func setAside(
        _ packing: inout Packing, _ numbers: Range<Int>, dead: Range<Int>, code: String = "c", padding: Int = 0
    ) -> DeliveredBatch {
        commit(packing.numbered(numbers, padding: padding))
        let batch = forwarded().last
        let letters = (batch?.events ?? []).filter { dead.contains(numbers.lowerBound + Int($0.index)) }.map {
            DeadEvent(
                sequence: (batch?.first ?? 0) + Int64($0.index), code: code, reason: "refused", key: Array($0.key.utf8),
                value: Array($0.value.utf8))
        }
        let before = ledger.dead + ledger.dropped
        let done = DeliveredBatch(first: batch?.first ?? 0, eventCount: numbers.count, dead: letters)
        if let batch { forwarder.release(batch) }
        returned.give([done])
        eventually(within: 5, "they are set aside") { ledger.dead + ledger.dropped == before + dead.count }
        return done
    }

    func ask(_ action: DeadRequest.Action, _ change: (inout DeadRequest) -> Void = { _ in }) -> DeadAnswer {
        var request = DeadRequest()
        request.action = action
        change(&request)
        return desk.ask(request)
    }
}

@Suite struct DeadLetterTests {
    @Test("a retry puts letters back among the rows, byte for byte, and forwards them; a second retry finds nothing")
    func retry() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        _ = outbox.setAside(&packing, 0..<10, dead: 2..<5)
        let listed = outbox.ask(.list) { $0.withValues = true }
        #expect(listed.letters.map(\.id) == ["3", "4", "5"])
        #expect(listed.letters.allSatisfy { $0.code == "c" && $0.reason == "refused" && $0.last > 0 })
        #expect(listed.below == 11)
        #expect(outbox.ask(.retry).letters.count == 3)
        #expect(outbox.ask(.retry).letters.isEmpty)
        #expect(outbox.ledger.dead == 0 && outbox.ledger.outbox == 3 && outbox.ledger.stored == 10)
        #expect(outbox.ledger.isBalanced)
        let again = try #require(outbox.forwarded().last)
        #expect(again.first == 11, "new numbers")
        #expect(again.events.map(\.value) == listed.letters.map { String(decoding: $0.value, as: UTF8.self) })
        #expect(again.events.map(\.key) == listed.letters.map { String(decoding: $0.key, as: UTF8.self) })
        outbox.deliver([again])
        eventually(within: 5, "delivered") { outbox.ledger.forwarded == 10 }
        #expect(outbox.ledger.isBalanced)
    }

    @Test("what is refused again after a retry is one letter again, and counted once")
    func refusedAgain() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        _ = outbox.setAside(&packing, 0..<3, dead: 1..<2)
        for _ in 0..<3 {
            #expect(outbox.ask(.retry).letters.count == 1)
            let batch = try #require(outbox.forwarded().last)
            let event = try #require(batch.events.first)
            let dead = DeadEvent(
                sequence: batch.first, code: "c", reason: "again", key: Array(event.key.utf8),
                value: Array(event.value.utf8))
            outbox.returned.give([DeliveredBatch(first: batch.first, eventCount: 1, dead: [dead])])
            eventually(within: 5, "dead again") { outbox.ledger.dead == 1 && outbox.ledger.outbox == 0 }
        }
        #expect(outbox.ledger.forwarded == 2 && outbox.ledger.isBalanced)
        #expect(outbox.ask(.count).matching == 1)
    }

    @Test("a report that comes twice brings back no letter that was retried or dropped meanwhile")
    func repeatedReport() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        let done = outbox.setAside(&packing, 0..<10, dead: 2..<5)
        #expect(outbox.ask(.drop) { $0.filter.ids = ["3"] }.letters.count == 1)
        #expect(outbox.ask(.retry) { $0.filter.ids = ["4"] }.letters.count == 1)
        outbox.returned.give([done, done])
        outbox.commit(packing.numbered(10..<11))
        eventually(within: 5, "both reports are taken") { outbox.returned.isEmpty && outbox.ledger.stored == 11 }
        #expect(outbox.ask(.list).letters.map(\.id) == ["5"])
        #expect(outbox.ledger.dead == 1 && outbox.ledger.dropped == 1 && outbox.ledger.outbox == 2)
        #expect(outbox.ledger.isBalanced)
    }

    @Test("filters: by code, by time, by number; a drop moves only what matches")
    func filters() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        _ = outbox.setAside(&packing, 0..<4, dead: 0..<4, code: "a")
        let between = WallClock.nowMilliseconds + 1
        eventually(within: 5, "the clock moves") { WallClock.nowMilliseconds > between }
        _ = outbox.setAside(&packing, 4..<10, dead: 4..<10, code: "b")
        #expect(outbox.ask(.count) { $0.filter.codes = ["a"] }.matching == 4)
        #expect(outbox.ask(.count) { $0.filter.codes = ["a", "b"] }.matching == 10)
        #expect(outbox.ask(.count) { $0.filter.since = between }.matching == 6)
        #expect(outbox.ask(.count) { $0.filter.until = between }.matching == 4)
        #expect(
            outbox.ask(.list) {
                $0.filter.codes = ["b"]
                $0.limit = 2
            }.next == 6)
        let dropped = outbox.ask(.drop) { $0.filter.codes = ["b'; DROP TABLE dead; --", "b"] }
        #expect(dropped.letters.count == 6)
        #expect(outbox.ledger.dead == 4 && outbox.ledger.dropped == 6 && outbox.ledger.isBalanced)
        #expect(outbox.ask(.drop) { $0.filter.ids = ["2", "99"] }.letters.map(\.id) == ["2"])
    }

    @Test("dead letters beyond their room: the oldest are given up, counted, said, and balanced after a restart too")
    func evicted() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        var kept = 0
        do {
            // A quarter of 4 MiB is the letters' room.
            let outbox = try OutboxHarness(folder.path, maxBytes: 4 << 20)
            for start in stride(from: 0, to: 150, by: 10) {
                _ = outbox.setAside(&packing, start..<start + 10, dead: start..<start + 10, padding: 10_000)
            }
            #expect(outbox.ledger.dropped > 30 && outbox.ledger.dropped == outbox.ledger.deadEvicted)
            #expect(outbox.ledger.isBalanced)
            #expect(outbox.snapshot.deadBytes <= 1 << 20)
            kept = outbox.ledger.dead
            #expect(outbox.ask(.count).matching == kept)
            #expect(outbox.ask(.list).letters.first?.id == "\(150 - kept + 1)", "the oldest are gone")
            eventually(within: 5, "status says so") {
                outbox.conditions.reason("outbox dead letters")?.contains("of the oldest were given up") == true
            }
        }
        let outbox = try OutboxHarness(folder.path, maxBytes: 4 << 20)
        #expect(outbox.ledger.dead == kept && outbox.ledger.deadEvicted == 150 - kept && outbox.ledger.isBalanced)
        #expect(outbox.ask(.drop) { $0.filter.codes = ["c"] }.letters.count == kept)
        eventually(within: 5, "well again") { outbox.conditions.reason("outbox dead letters") == nil }
        #expect(outbox.snapshot.deadBytes == 0)
    }

    @Test("less room for letters, or more, counts from the next one on")
    func roomChanges() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path, maxBytes: 64 << 20)
        _ = outbox.setAside(&packing, 0..<90, dead: 0..<90, padding: 20_000)
        #expect(outbox.ledger.dead == 90)
        var settings = outbox.live.now
        settings.outbox.maxDeadBytes = 1 << 20
        outbox.live.set(settings)
        _ = outbox.setAside(&packing, 90..<91, dead: 90..<91, padding: 20_000)
        let dropped = outbox.ledger.dropped
        #expect(dropped > 30 && outbox.ledger.isBalanced)
        #expect(outbox.snapshot.deadBytes <= 1 << 20)
        #expect(outbox.ask(.list).letters.last?.id == "91", "the newest is kept")
        // And more room again: none is given up any more.
        settings.outbox.maxDeadBytes = 8 << 20
        outbox.live.set(settings)
        _ = outbox.setAside(&packing, 91..<131, dead: 91..<131, padding: 20_000)
        #expect(outbox.ledger.dropped == dropped && outbox.ledger.dead == 131 - dropped && outbox.ledger.isBalanced)
        #expect(outbox.snapshot.deadBytes > 1 << 20)
    }

    @Test("with a new id only the letters of an id conflict get one; nothing else of them changes")
    func newIDs() throws {
        let folder = try TemporaryFolder()
        var packing = try Packing()
        let outbox = try OutboxHarness(folder.path)
        _ = outbox.setAside(&packing, 0..<1, dead: 0..<1, code: "id_conflict")
        _ = outbox.setAside(&packing, 1..<2, dead: 1..<2, code: "other")
        let before = outbox.ask(.list) { $0.withValues = true }.letters.map {
            String(decoding: $0.value, as: UTF8.self)
        }
        #expect(outbox.ask(.retry) { $0.newIDs = true }.letters.count == 2)
        let after = try #require(outbox.forwarded().last).events.map(\.value)
        #expect(after[1] == before[1])
        #expect(after[0].contains(#""messageId":"retried-"#) && !after[0].contains(#""m0""#))
        #expect(after[0].count == before[0].count + "retried-".count + 32 - "m0".count)
    }

    @Test("who asks a stopped outbox is told so at once")
    func stopped() throws {
        let folder = try TemporaryFolder()
        let outbox = try OutboxHarness(folder.path)
        outbox.stop()
        outbox.desk.close()
        #expect(outbox.ask(.count).problem == "the daemon is stopping")
    }
}
