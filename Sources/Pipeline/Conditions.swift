// What is wrong now, for status: each part of the pipeline states its reason, or that it is well. A reason keeps the
// time since when it holds.
import Linux

public final class Conditions: Sendable {
    public struct Condition: Sendable, Equatable {
        /// "kafka", "mongodb", "outbox", "clock"…
        public let part: String
        public let reason: String
        public let sinceMilliseconds: Int64
    }

    /// Those of the parts that are watched from the start.
    public static let parts = [
        "stage", "clock", "outbox", "kafka", "forwarder", "durability", "consumer", "mongodb", "dead letters",
        "skipped", "retention", "rollups",
    ]

    private let held = Guarded<[Condition]>([])
    private let log: Log

    public init(log: Log) { self.log = log }

    /// States why `part` is not well, or with nil that it is. Changes are logged, repetitions are not.
    public func set(_ part: String, _ reason: String?) {
        let changed = held.withLock { conditions -> Bool in
            let index = conditions.firstIndex { $0.part == part }
            if let index, conditions[index].reason == reason { return false }
            if index == nil, reason == nil { return false }
            let since = index.map { conditions[$0].sinceMilliseconds } ?? WallClock.nowMilliseconds
            if let index { conditions.remove(at: index) }
            if let reason {
                conditions.append(Condition(part: part, reason: reason, sinceMilliseconds: since))
            }
            return true
        }
        guard changed else { return }
        if let reason { log.warning("\(part): \(reason)") } else { log.info("\(part): well again") }
    }

    public var all: [Condition] { held.withLock { $0 } }

    public func reason(_ part: String) -> String? { held.withLock { $0.first { $0.part == part }?.reason } }
}
