// Events as they are stored, for `clickd tail`: the last few batches, only while somebody looks.
import Linux
import Synchronization

public final class TailTap: Sendable {
    private let watchers = Atomic<Int>(0)
    private let shown = Guarded<(number: Int, batches: [EventBatch])>((0, []))
    private static let kept = 64

    package init() {}

    func show(_ batches: [EventBatch]) {
        guard watchers.load(ordering: .relaxed) > 0 else { return }
        shown.update {
            $0.batches.append(contentsOf: batches)
            $0.number += batches.count
            if $0.batches.count > TailTap.kept { $0.batches.removeFirst($0.batches.count - TailTap.kept) }
        }
    }

    /// Starts looking; the number to go on from.
    public func begin() -> Int {
        watchers.add(1, ordering: .relaxed)
        return shown.withLock { $0.number }
    }

    public func end() {
        if watchers.subtract(1, ordering: .relaxed).newValue == 0 { shown.withLock { $0.batches = [] } }
    }

    /// Batches since `number`, waiting at most a second; how many of them were missed.
    public func next(after number: inout Int) -> (batches: [EventBatch], missed: Int) {
        let from = number
        let result = shown.wait(until: Monotonic.now.adding(milliseconds: 1000)) { state -> ([EventBatch], Int, Int)? in
            guard state.number > from else { return nil }
            let new = state.number - from
            return (Array(state.batches.suffix(new)), max(0, new - state.batches.count), state.number)
        }
        guard let (batches, missed, reached) = result else { return ([], 0) }
        number = reached
        return (batches, missed)
    }
}
