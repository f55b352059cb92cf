// Where other threads ask the outbox about its dead letters: nobody else may open the database. A request is one bounded
// piece, done between two commits and, where it changes something, in one transaction; who wants more asks again, from
// where the answer ended. So dying between two pieces leaves every letter in one place.
import Linux
import Synchronization

public struct DeadRequest: Sendable {
    public enum Action: String, Sendable { case count, list, retry, drop }

    public var action = Action.list
    public var filter = DeadFilter()
    /// Sequence numbers above this one…
    public var after: Int64 = 0
    /// …and below this one: what is refused again meanwhile is not met a second time.
    public var below: Int64 = .max
    public var limit = DeadDesk.mostLetters
    public var withValues = false
    /// Letters dead for `id_conflict` get a new messageId.
    public var newIDs = false

    public init() {}
}

public struct DeadAnswer: Sendable {
    public var letters: [DeadLetter] = []
    /// How many match; for `count` alone.
    public var matching = 0
    /// Where to go on; nil when that was all.
    public var next: Int64?
    /// The first sequence number that no letter had when this was asked.
    public var below: Int64 = 0
    /// Why it was not done.
    public var problem: String?

    public init(problem: String? = nil) { self.problem = problem }
}

public final class DeadDesk: Sendable {
    /// In one piece.
    public static let mostLetters = 1000

    final class Asked: Sendable {
        let request: DeadRequest
        let answer = Guarded<DeadAnswer?>(nil)
        init(_ request: DeadRequest) { self.request = request }
    }

    private struct State {
        var waiting: [Asked] = []
        var isClosed = false
    }

    private let state = Guarded(State())
    private let someWait = Atomic<Bool>(false)
    private let door: OutboxDoor

    package init(_ door: OutboxDoor) { self.door = door }

    /// Asks and waits for the answer, at most half a minute; what is asked and not yet begun then is not done.
    public func ask(_ request: DeadRequest) -> DeadAnswer {
        let asked = Asked(request)
        let isTaken = state.withLock { state in
            guard !state.isClosed else { return false }
            state.waiting.append(asked)
            someWait.store(true, ordering: .releasing)
            return true
        }
        guard isTaken else { return DeadDesk.failed("the daemon is stopping") }
        door.wake()
        if let answer = asked.answer.wait(until: Monotonic.now.adding(milliseconds: 30_000), { $0 }) { return answer }
        state.withLock { $0.waiting.removeAll { $0 === asked } }
        return DeadDesk.failed("the outbox did not answer within 30 s")
    }

    // The outbox's side.

    var hasWork: Bool { someWait.load(ordering: .acquiring) }

    func take() -> Asked? {
        state.withLock { state in
            defer { someWait.store(!state.waiting.isEmpty, ordering: .releasing) }
            // Whoever asked may have given up waiting.
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
    }

    /// The outbox has ended.
    package func close() {
        let left = state.withLock { state in
            defer { state.waiting = [] }
            state.isClosed = true
            return state.waiting
        }
        for asked in left { asked.answer.update { $0 = DeadDesk.failed("the daemon is stopping") } }
    }

    static func failed(_ problem: String) -> DeadAnswer {
        DeadAnswer(problem: problem)
    }
}
