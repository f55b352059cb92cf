import Events
import Linux
import Pipeline
import TestSupport
import Testing

@Suite struct LedgerTests {
    @Test("the outbox's state comes back from its row as it was written")
    func roundTrip() throws {
        var state = OutboxState()
        state.nextSequence = 9_007_199_254_740_993
        state.ledger.received = 100
        state.ledger.stored = 90
        state.ledger.rejected = Rejection.allCases.map { Int($0.rawValue) + 1 }
        state.ledger.outbox = 4
        state.ledger.forwarded = 5
        state.ledger.dead = 6
        state.ledger.dropped = 7
        state.ledger.lost = 8
        state.ledger.datagramsLost = 9
        state.ledger.consumer.consumed = 33
        state.ledger.consumer.inserted = 20
        state.ledger.consumer.duplicates = 10
        state.ledger.consumer.dead = 3
        let read = try OutboxState(state.bytes)
        #expect(read.ledger == state.ledger)
        #expect(read.nextSequence == state.nextSequence)
        #expect(try OutboxState([]).nextSequence == 1)
        for damaged in [
            "{", "[1,2]", "null", #"{"received":"1"}"#, #"{"next_sequence":[1]}"#, #"{"rejected":[]}"#,
            #"{"rejected":{"full":{}}}"#, #"{"stored":18446744073709551615}"#,
        ] {
            #expect(throws: (any Error).self, "\(damaged)") { _ = try OutboxState(Array(damaged.utf8)) }
        }
    }

    @Test("a ledger with a slip in any sum is unbalanced")
    func balance() {
        var ledger = Ledger()
        #expect(ledger.isBalanced)
        ledger.received = 3
        #expect(!ledger.isBalanced)
        ledger.rejected[0] = 1
        ledger.pending = 1
        ledger.stored = 1
        #expect(!ledger.isBalanced)
        ledger.lost = 1
        #expect(ledger.isBalanced)
        ledger.consumer.consumed = 1
        #expect(!ledger.isBalanced)
    }
}

@Suite struct TopicRetentionTests {
    @Test("what is left is the retention less the age of the oldest; half gone is a warning; for ever has no end")
    func left() throws {
        let retention = try #require(TopicRetention(milliseconds: 1000))
        #expect(retention.left(oldest: nil, now: 5000) == 1000 && retention.left(oldest: 4800, now: 5000) == 800)
        #expect(retention.left(oldest: 0, now: 5000) == -4000, "what is past is said")
        #expect(retention.left(oldest: 9000, now: 5000) == 1000, "a clock behind Kafka's adds nothing")
        #expect(retention.warning(oldest: 4500, now: 5000) == nil)
        #expect(retention.warning(oldest: 4499, now: 5000)?.contains("retention.ms=1000") == true)
        #expect(retention.warning(oldest: nil, now: 5000) == nil)
        #expect(TopicRetention(milliseconds: 0) == nil, "not known yet")
        let forever = try #require(TopicRetention(milliseconds: -1))
        #expect(forever.left(oldest: 1, now: .max) == nil && forever.warning(oldest: 1, now: .max) == nil)
    }
}

@Suite struct LogTests {
    @Test("nothing from outside can forge a line or color a terminal")
    func escaped() {
        #expect(Log.escaped("plain é 漢 \u{1F6D2}") == "plain é 漢 \u{1F6D2}")
        #expect(Log.escaped("a\nb\r\u{1B}[31m\u{7F}\u{85}\t") == "a\\u{a}b\\u{d}\\u{1b}[31m\\u{7f}\\u{85}\\u{9}")
        #expect(Log.escaped("\r\n") == "\\u{d}\\u{a}", "one character of two scalars")
    }
}

@Suite struct ConditionsTests {
    @Test("a reason keeps the time since when it holds while its words change, and goes when all is well")
    func since() throws {
        let conditions = Conditions(log: Log(level: .error))
        conditions.set("kafka", nil)
        #expect(conditions.all.isEmpty)
        conditions.set("kafka", "a")
        let since = try #require(conditions.all.first).sinceMilliseconds
        usleep(5000)
        conditions.set("kafka", "b")
        conditions.set("outbox", "c")
        #expect(conditions.all.count == 2)
        #expect(conditions.reason("kafka") == "b")
        #expect(conditions.all.first { $0.part == "kafka" }?.sinceMilliseconds == since)
        conditions.set("kafka", nil)
        #expect(conditions.all.map(\.part) == ["outbox"])
        #expect(conditions.reason("kafka") == nil)
    }
}

@Suite struct LentBatchesTests {
    @Test("a batch is finished by its last event, whatever the order and however often reports come")
    func lastEvent() throws {
        var packing = try Packing()
        var lent = LentBatches()
        let batch = packing.numbered(0..<130)
        batch.first = 77
        let slot = lent.add(batch)
        for ordinal in (1..<130).reversed() {
            let first = lent.deliver(slot, ordinal)
            let second = lent.deliver(slot, ordinal)
            let isDelivered = lent.isDelivered(slot, ordinal)
            #expect(first == nil)
            #expect(second == nil, "a second report is none")
            #expect(isDelivered)
        }
        let isFirstDelivered = lent.isDelivered(slot, 0)
        #expect(!isFirstDelivered)
        let letter = DeadEvent(sequence: 77, code: "c", reason: "r", key: [], value: [])
        lent.addDead(slot, 1, letter)
        lent.addDead(slot, 0, DeadEvent(sequence: 77, code: "c", reason: "r", key: [], value: []))
        let finished = lent.deliver(slot, 0)
        let done = try #require(finished)
        #expect(done.first == 77)
        #expect(done.eventCount == 130)
        #expect(done.dead.map(\.sequence) == [77])
        lent.remove(slot)
        let (isEmpty, batchThere, again) = (lent.isEmpty, lent.batch(slot), lent.deliver(slot, 0))
        #expect(isEmpty)
        #expect(batchThere == nil)
        #expect(again == nil)
    }

    @Test("batches stay in the order they came in, when slots are used again and the table grows")
    func order() throws {
        var packing = try Packing()
        var lent = LentBatches()
        var random = SeededGenerator(seed: 5)
        var expected: [Int64] = []
        var slotOf: [Int64: Int] = [:]
        for number in 0..<5000 as Range<Int64> {
            let batch = packing.numbered(0..<1)
            batch.first = number
            slotOf[number] = lent.add(batch)
            expected.append(number)
            while expected.count > 600 || (expected.count > 0 && Int.random(in: 0..<3, using: &random) == 0) {
                let index = Int.random(in: 0..<min(expected.count, 20), using: &random)
                let first = expected.remove(at: index)
                let removed = slotOf.removeValue(forKey: first)
                let slot = try #require(removed)
                let done = lent.deliver(slot, 0)
                #expect(done?.first == first)
                lent.remove(slot)
            }
        }
        var inOrder: [Int64?] = []
        for slot in lent.inOrder { inOrder.append(lent.batch(slot)?.first) }
        #expect(inOrder == expected)
    }
}
