// The settings in force, for threads that look once a turn: one atomic load while nothing has changed.
import Linux
import Synchronization

public final class LiveSettings: Sendable {
    private let settings: Guarded<Settings>
    private let number = Atomic<Int>(0)

    public init(_ settings: Settings) { self.settings = Guarded(settings) }

    public var now: Settings { settings.withLock { $0 } }

    public func set(_ new: Settings) {
        settings.withLock { $0 = new }
        number.add(1, ordering: .releasing)
    }

    /// What is in force, when it changed since the look that left `seen` (at first 0).
    public func next(_ seen: inout Int) -> Settings? {
        let current = number.load(ordering: .acquiring)
        guard current != seen else { return nil }
        seen = current
        return now
    }

    /// Whether `next` would give something.
    public func hasNews(_ seen: Int) -> Bool { number.load(ordering: .acquiring) != seen }
}
