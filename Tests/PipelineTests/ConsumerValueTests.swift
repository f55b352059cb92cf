import Events
import JSON
import Kafka
import Linux
import Pipeline
import Testing

@Suite struct PartitionStateTests {
    @Test("records count once, from what is stored on")
    func counts() {
        var state = PartitionState(stored: PartitionProgress(next: 10), start: 8)
        for offset in 8..<14 { state.poll(Int64(offset)) }
        #expect(state.pending == 6)
        #expect(!state.isDirty)
        // Counted by an earlier assignment.
        state.finish(8, .duplicate)
        state.finish(9, .duplicate)
        #expect(!state.isDirty)
        state.finish(10, .inserted)
        state.finish(11, .duplicate)
        state.finish(12, .dead(code: "c", reason: "r"))
        #expect(state.finished.next == 13)
        #expect(state.finished.ledger.consumed == 3)
        #expect(state.finished.ledger.inserted == 1)
        #expect(state.finished.ledger.duplicates == 1)
        #expect(state.finished.ledger.dead == 1)
        #expect(state.finished.ledger.isBalanced)
        #expect(state.finished.ledger.skipped == 0)
        #expect(state.pending == 1)
        #expect(state.isDirty)
        #expect(state.nextToStore().next == 13)
        state.didStore()
        #expect(!state.isDirty)
    }

    @Test("what was tried is tried again as it was, and what finished meanwhile follows it")
    func lostReply() {
        var state = PartitionState(stored: PartitionProgress(next: 0), start: 0)
        for offset in 0..<3 { state.poll(Int64(offset)) }
        state.finish(0, .inserted)
        #expect(state.nextToStore().next == 1)
        // The write was applied, its reply was lost; meanwhile another record is done.
        state.finish(1, .inserted)
        #expect(state.nextToStore().next == 1)
        state.didStore()
        #expect(state.stored.next == 1)
        #expect(state.isDirty)
        #expect(state.nextToStore().next == 2)
        state.didStore()
        #expect(!state.isDirty)
        #expect(state.pending == 1)
        #expect(state.finished.ledger.skipped == 0)
    }

    @Test("offsets that Kafka no longer has are counted as skipped, at the start and on the way")
    func skipped() {
        var state = PartitionState(stored: PartitionProgress(next: 10), start: 15)
        #expect(state.finished.ledger.skipped == 5)
        #expect(state.finished.next == 15)
        #expect(state.isDirty)
        state.poll(15)
        state.finish(15, .inserted)
        state.poll(20)
        state.finish(20, .inserted)
        #expect(state.finished.ledger.skipped == 9)
        #expect(state.finished.ledger.consumed == 2)
        #expect(state.finished.next == 21)
    }

    @Test("a gap is stored with the record behind it, not before: a restart in between counts it once")
    func gapAtRestart() {
        var state = PartitionState(stored: PartitionProgress(next: 0), start: 0)
        state.poll(0)
        state.poll(5)
        state.finish(0, .inserted)
        // The process ends here; what it stored is where the next one begins.
        var next = PartitionState(stored: state.finished, start: state.finished.next)
        next.poll(5)
        next.finish(5, .inserted)
        #expect(next.finished.ledger.skipped == 4)
    }

    @Test("what others moved in the stored counts is taken over, once it is known what is stored")
    func adopted() {
        var state = PartitionState(stored: PartitionProgress(next: 0), start: 0)
        for offset in Int64(0)..<4 {
            state.poll(offset)
            state.finish(offset, .dead(code: "c", reason: "r"))
        }
        _ = state.nextToStore()
        state.didStore()
        state.poll(4)
        state.finish(4, .inserted)
        var moved = state.stored
        moved.ledger.dead -= 3
        moved.ledger.inserted += 3
        state.adopt(moved)
        #expect(state.stored.ledger.dead == 1 && state.stored.ledger.inserted == 3)
        #expect(state.finished.ledger.inserted == 4 && state.finished.ledger.isBalanced)
        // A store whose reply was lost: the document may have it already.
        let tried = state.nextToStore()
        state.adopt(tried)
        #expect(state.stored.ledger.inserted == 3)
        state.didStore()
        #expect(state.stored.ledger.inserted == 4 && state.stored.next == 5)
    }
}

@Suite struct EventHashTests {
    private func hash(_ text: String) throws -> Int64 {
        let parser = try JSONParser.make(capacity: 4096, maxDepth: EventFields.maxDepth)
        return try parser.parse(copying: text.utf8) { EventHash.of($0, try EventFields.read($0)) }
    }

    private static let event =
        #"{"messageId":"m","event":"x","anonymousId":"a","timestamp":1,"properties":{"p":[1,"12345678",null]},"traits":{"t":1}}"#

    @Test("white space, the order of fields and what clickd adds do not matter")
    func same() throws {
        let expected = try hash(Self.event)
        #expect(
            try hash(
                #" { "receivedAt":"2026-11-23T09:00:00.000Z","host":"h", "traits":{ "t" : 1 }, "properties":{"p":[ 1 ,"1234567\u0038", null]},"timestamp":1,"anonymousId":"a","event":"\u0078","messageId":"m"} "#
            ) == expected)
    }

    @Test(
        "any other value is another event",
        arguments: [
            (#""x""#, #""y""#), (#""x""#, #""x","type":"page""#), (#""a""#, #""b""#),
            (#""timestamp":1"#, #""timestamp":2"#),
            (#"[1,"#, #"[2,"#), (#"[1,"#, #"[1.0,"#), ("12345678", "12345679"), ("12345678", "123456780"),
            ("null", "false"),
            (#"{"t":1}"#, #"{"u":1}"#), (#"{"t":1}"#, "{}"), (#"null]"#, #"null,[]]"#), (#""p":"#, #""p":0,"q":"#),
            (#""anonymousId""#, #""userId""#),
        ])
    func different(from: String, to: String) throws {
        let changed = try #require(
            Self.event.firstRange(of: from).map { range in
                String(Self.event[..<range.lowerBound]) + to + String(Self.event[range.upperBound...])
            })
        #expect(try hash(changed) != hash(Self.event), "\(changed)")
    }
}

@Suite struct TopicSafetyTests {
    private func weakness(_ partitions: [(leader: Int32, replicas: Int)], _ configuration: TopicConfiguration)
        -> String?
    {
        TopicSafety.weakness(
            TopicDescription(
                name: "t",
                partitions: partitions.enumerated().map {
                    .init(
                        id: Int32($0.offset), leader: $0.element.leader, replicaCount: $0.element.replicas,
                        inSyncCount: 1)
                }, exists: true), configuration)
    }

    @Test("three replicas with two in sync are safe, and everything less is named")
    func weaknesses() {
        let safe = [(leader: Int32(1), replicas: 3), (leader: Int32(2), replicas: 3)]
        #expect(weakness(safe, ["min.insync.replicas": "2", "unclean.leader.election.enable": "false"]) == nil)
        #expect(weakness(safe, [:]) == nil)
        #expect(weakness(safe, ["min.insync.replicas": "1"])?.contains("min.insync.replicas=1") == true)
        #expect(weakness(safe, ["unclean.leader.election.enable": "true"])?.contains("unclean") == true)
        #expect(weakness(safe + [(leader: 1, replicas: 1)], [:])?.contains("1 replica (") == true)
        #expect(weakness([(leader: -1, replicas: 3)], [:])?.contains("no leader") == true)
    }

    @Test(
        "partitions that Kafka takes nothing for are counted: fewer in sync than it must have, and has",
        arguments: 1...3)
    func standstill(inSync: Int) {
        func reason(_ least: Int?, replicas: Int) -> String? {
            let partitions = [replicas, min(inSync, replicas)].enumerated().map {
                TopicDescription.Partition(
                    id: Int32($0.offset), leader: 1, replicaCount: replicas, inSyncCount: $0.element)
            }
            return TopicSafety.standstill(
                TopicDescription(name: "t", partitions: partitions, exists: true),
                least.map { ["min.insync.replicas": "\($0)"] } ?? [:])
        }
        for least in 1...3 {
            #expect(reason(least, replicas: 3)?.contains("1 of 2 partitions") == (inSync < least ? true : nil))
            #expect(reason(least, replicas: 1) == nil, "more than there are is not asked for")
        }
        #expect(reason(nil, replicas: 3) == nil)
    }
}
