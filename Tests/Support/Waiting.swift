// Tests that wait: for servers, for daemons, for clocks. Swift Testing runs tests on as many threads as there are
// processors, and a test that waits keeps one of them. A suite marked `.waiting` runs on threads kept for such suites, so
// that many of them wait side by side.
import Linux
import Testing

public struct WaitingTrait: SuiteTrait {}

extension Trait where Self == WaitingTrait {
    /// For a suite whose time goes by in blocking calls and which asks little of the processor.
    public static var waiting: Self { WaitingTrait() }
}

// Swift 6.0 has no TestScoping: there such suites run like all others, and the run takes longer.
#if compiler(>=6.1)
    extension WaitingTrait: TestScoping {
        public func provideScope(
            for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
        ) async throws {
            // The suite's tests are child tasks and inherit the preference.
            try await withTaskExecutorPreference(WaitingThreads.shared) { try await body() }
        }
    }

    /// Takes the newest job first: a suite that has begun comes before those that have not, so that a serialized suite goes
    /// through its tests without standing behind all others after each.
    private final class WaitingThreads: TaskExecutor {
        static let shared = WaitingThreads(count: 6)

        private let jobs = Guarded<[UnownedJob]>([])

        private init(count: Int) {
            for number in 0..<count {
                // A process without threads has no tests to run.
                try? NamedThread.start("waiting-\(number)") { [self] in
                    while let job = jobs.wait({ $0.popLast() }) { job.runSynchronously(on: asUnownedTaskExecutor()) }
                }.detach()
            }
        }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            jobs.update { $0.append(job) }
        }
    }
#endif
