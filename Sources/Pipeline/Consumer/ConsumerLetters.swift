// The consumer's care for dead letters, every 2 s: moves its ledger by those that `clickd dead` has settled, takes over what
// the offsets' documents count then, and gives up the oldest letters where they take too much room. Belongs to the consumer
// thread.
import Linux
import Mongo
import Settings

struct ConsumerLetters {
    private static let milliseconds = 2000

    private let conditions: Conditions
    private var mongo: MongoSettings
    private var group: String
    private var letters: DeadLetters?
    private var last = Monotonic.now
    /// Letters were kept since their room was last looked at.
    var hasNew = true

    init(_ settings: Settings, _ conditions: Conditions) {
        self.conditions = conditions
        mongo = settings.mongodb
        group = settings.kafka.group
    }

    mutating func adopt(_ settings: Settings) {
        mongo = settings.mongodb
        group = settings.kafka.group
        letters = nil
        hasNew = true
    }

    mutating func look(_ store: OffsetStore, _ partitions: inout [Int32: PartitionState]) {
        guard Monotonic.milliseconds(from: last, to: .now) >= ConsumerLetters.milliseconds else { return }
        last = .now
        do throws(MongoError) {
            try store.foldLetters(partitions.mapValues { $0.stored.next })
            for (partition, progress) in try store.load(partitions.keys) { partitions[partition]?.adopt(progress) }
            try keepRoom(partitions.values.reduce(0) { $0 + $1.stored.ledger.dropped })
        } catch {
            conditions.set("mongodb dead letters", error.text)
        }
    }

    private mutating func keepRoom(_ dropped: Int) throws(MongoError) {
        guard hasNew || conditions.reason("mongodb dead letters") != nil else { return }
        // As the offsets' client: the consumer's loop waits for it.
        let letters: DeadLetters
        if let opened = self.letters {
            letters = opened
        } else {
            letters = try DeadLetters(mongo, group: group, answerWithin: .seconds(5), retries: false)
        }
        self.letters = letters
        hasNew = try letters.evict() > 0
        conditions.set(
            "mongodb dead letters",
            try letters.isNearlyFull()
                ? "mongodb.max_dead_bytes is nearly reached; beyond it the oldest are given up, \(dropped) so far: "
                    + "see clickd dead" : nil)
    }
}
