import Linux
import Operator
import Testing

@Suite struct RateHistoryTests {
    private func at(_ milliseconds: Int) -> Monotonic { Monotonic(nanoseconds: 0).adding(milliseconds: milliseconds) }

    @Test("a second's rate is what came in it; the one number is the mean of the last five")
    func rates() {
        var history = RateHistory()
        #expect(history.rate(\.received) == 0 && history.rates(\.received).isEmpty)
        for second in 0...10 { history.add(.init(received: second * second), at: at(second * 1000)) }
        #expect(history.rates(\.received) == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
        #expect(history.rate(\.received) == 15)
        #expect(history.rate(\.inserted) == 0)
    }

    @Test("asked more often it looks once a second all the same, asked later it counts the longer time")
    func intervals() {
        var history = RateHistory()
        for step in 0...20 { history.add(.init(forwarded: step * 10), at: at(step * 100)) }
        #expect(history.rates(\.forwarded) == [100, 100])
        history.add(.init(forwarded: 500), at: at(5000))
        #expect(history.rates(\.forwarded) == [100, 100, 100])
    }

    @Test("a minute is kept and no more; a count that falls is no rate")
    func bounds() {
        var history = RateHistory()
        for second in 0..<500 { history.add(.init(inserted: second), at: at(second * 1000)) }
        #expect(history.rates(\.inserted).count == RateHistory.seconds)
        history.add(.init(inserted: 3), at: at(500_000))
        #expect(history.rates(\.inserted).last == 0)
    }
}

@Suite struct PartitionCountTests {
    @Test("a partition that comes or goes is no event; what it moves while it is here is")
    func moves() {
        var count = PartitionCount()
        count.see([0: 1000])
        #expect(count.total == 0)
        count.see([0: 1010, 1: 500])
        #expect(count.total == 10)
        count.see([1: 505])
        count.see([0: 9000, 1: 505])
        #expect(count.total == 15)
        count.see([0: 9001, 1: 0])
        #expect(count.total == 16)
    }
}

@Suite struct HealthTests {
    @Test("a stuck loop is sick; no room, stopping, or a stuck outbox takes nothing")
    func verdicts() {
        let well = Health(stuck: [], takesEvents: true, isStopping: false)
        #expect(well.sickness == nil && well.refusal == nil)
        let stuck = Health(stuck: ["outbox"], takesEvents: true, isStopping: false)
        #expect(stuck.sickness == "outbox has not turned for 10 s" && stuck.refusal == "outbox is stuck")
        let rollups = Health(stuck: ["rollups"], takesEvents: true, isStopping: false)
        #expect(rollups.sickness != nil && rollups.refusal == nil)
        #expect(Health(stuck: [], takesEvents: false, isStopping: false).refusal?.contains("no room") == true)
        let stopping = Health(stuck: [], takesEvents: false, isStopping: true)
        #expect(stopping.sickness == nil && stopping.refusal == "it is stopping")
        #expect(Health(stuck: [], takesEvents: nil, isStopping: false).refusal == nil, "a consumer alone")
    }
}
