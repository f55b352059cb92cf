// One stage of the pipeline: a named thread, a way to ask it to stop, and a descriptor that tells its end. The
// supervisor waits on every stage's `finished`; a stage's loop says that it turns, for watchdog and health.
import Linux
import Synchronization

/// How a stage ended.
public enum StageOutcome: Sendable, Equatable {
    /// Asked to.
    case stopped
    /// By itself; `exitCode` is what the process is to end with, `reason` says why.
    case failed(exitCode: Int32, reason: String)
}

public final class StageControl: Sendable {
    public let name: String
    /// Readable once the stage is to stop.
    public let stop: EventDescriptor
    /// Readable once the stage's thread has ended.
    public let finished: EventDescriptor
    private let isStopping = Atomic<Bool>(false)
    private let lastTurn = Atomic<Int64>(Monotonic.now.nanoseconds)
    private let result = Guarded<StageOutcome?>(nil)

    public init(name: String) throws(SystemError) {
        self.name = name
        stop = try EventDescriptor()
        finished = try EventDescriptor()
    }

    public func requestStop() {
        isStopping.store(true, ordering: .releasing)
        stop.signal()
    }

    public var isStopRequested: Bool { isStopping.load(ordering: .acquiring) }

    /// The stage's loop turned: it is alive, whether events move or not. `allowing`: seconds that what comes next may
    /// take by itself, where its library bounds it.
    public func turn(allowing seconds: Double = 0) {
        lastTurn.store(Monotonic.now.nanoseconds + Int64(seconds * 1e9), ordering: .relaxed)
    }

    public var secondsSinceTurn: Double {
        Monotonic.seconds(from: Monotonic(nanoseconds: lastTurn.load(ordering: .relaxed)), to: .now)
    }

    /// nil while it runs.
    public var outcome: StageOutcome? { result.withLock { $0 } }

    /// Starts the stage's thread: runs `body`, keeps its outcome, and signals `finished`.
    public func start(_ body: @escaping @Sendable () -> StageOutcome) throws(SystemError) -> NamedThread {
        try NamedThread.start(name) {
            let outcome = body()
            self.result.withLock { $0 = outcome }
            self.finished.signal()
        }
    }
}
