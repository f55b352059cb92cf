// A number that many threads count up, without a lock.
import Synchronization

public final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    public init() {}

    public func add(_ count: Int = 1) { number.wrappingAdd(count, ordering: .relaxed) }
    public var value: Int { number.load(ordering: .relaxed) }
}
