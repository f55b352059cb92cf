import Linux
import TestSupport
import Testing

@Suite struct GuardedTests {
    @Test("a wait ends with the value that another thread's update brings")
    func wakes() throws {
        let guarded = Guarded<Int?>(nil)
        let thread = try NamedThread.start("giver") {
            usleep(20_000)
            guarded.update { $0 = 7 }
        }
        #expect(guarded.wait(until: Monotonic.now.adding(milliseconds: 60_000)) { $0 } == 7)
        thread.join()
    }

    @Test("a wait without the value ends at its deadline, with nothing")
    func timesOut() {
        let guarded = Guarded(0)
        let start = Monotonic.now
        let result: Int? = guarded.wait(until: start.adding(milliseconds: 60)) { _ in nil }
        #expect(result == nil)
        let took = Monotonic.milliseconds(from: start, to: .now)
        #expect(took >= 60)
        #expect(took < 30_000)
        // A deadline that has passed still looks once.
        #expect(guarded.wait(until: start) { $0 } == 0)
    }

    @Test("changes of many threads are not lost")
    func counts() throws {
        let guarded = Guarded(0)
        let threads = try (0..<4).map { _ in
            try NamedThread.start("counter") { for _ in 0..<10_000 { guarded.withLock { $0 += 1 } } }
        }
        for thread in threads { thread.join() }
        #expect(guarded.withLock { $0 } == 40_000)
    }

    @Test("deadlines round up to whole milliseconds and never fall below none")
    func deadlines() {
        #expect(Monotonic.now.adding(milliseconds: -5).millisecondsFromNow == 0)
        let left = Monotonic.now.adding(milliseconds: 1000).millisecondsFromNow
        #expect((1...1000).contains(left))
        #expect(Monotonic.milliseconds(from: Monotonic(nanoseconds: 0), to: Monotonic(nanoseconds: 2_500_000)) == 2)
    }

    @Test("an event descriptor stays signalled until it is cleared")
    func eventDescriptor() throws {
        let event = try EventDescriptor()
        #expect(!event.wait(milliseconds: 0))
        event.signal()
        event.signal()
        #expect(event.wait(milliseconds: 0))
        #expect(event.wait(milliseconds: 0))
        event.clear()
        #expect(!event.wait(milliseconds: 0))
    }
}
