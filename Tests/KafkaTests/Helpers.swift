// Clients as clickd configures them, and memory to lend, for the tests of this folder.
import Kafka
import MockKafka

extension MockCluster {
    var producerProperties: ClientProperties {
        [
            "bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": "true", "message.timeout.ms": "0",
            "linger.ms": "5", "reconnect.backoff.max.ms": "200",
        ]
    }

    func consumerProperties(group: String) -> ClientProperties {
        [
            "bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": "false",
            "enable.auto.offset.store": "false", "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "range",
        ]
    }
}

/// Messages in one piece of memory that stays where it is: 8 bytes each, its number, which is its key too.
final class Numbers {
    let memory: UnsafeMutableBufferPointer<UInt64>
    init(_ count: Int) {
        memory = .allocate(capacity: count)
        for index in 0..<count { memory[index] = UInt64(index) }
    }
    deinit { memory.deallocate() }
    subscript(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: memory[index..<index + 1]))
    }
}

/// Asks until `condition` holds or the time is over; whether it held.
func eventually(within limit: Duration, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() { if ContinuousClock.now >= deadline { return false } }
    return true
}
