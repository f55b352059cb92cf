// Messages that were polled and are not yet with a writer. Whoever takes them owes each its `destroy`.
import Kafka
import Linux

struct Gathering {
    static let maxRecords = 5000
    private static let maxBytes = 4 << 20
    private static let maxMilliseconds = 20

    private(set) var messages: [ConsumedMessage] = []
    private var bytes = 0
    private var since = Monotonic.now

    var isEmpty: Bool { messages.isEmpty }

    /// As much as one chunk should have.
    var isFull: Bool { messages.count >= Gathering.maxRecords || bytes >= Gathering.maxBytes }

    /// Full, or as old as an event should get waiting for others.
    var isRipe: Bool {
        isFull || !messages.isEmpty && Monotonic.milliseconds(from: since, to: .now) >= Gathering.maxMilliseconds
    }

    mutating func add(_ message: ConsumedMessage) {
        if messages.isEmpty {
            since = .now
            messages.reserveCapacity(Gathering.maxRecords)
        }
        messages.append(message)
        bytes += message.value.count
    }

    mutating func take() -> [ConsumedMessage] {
        defer { self = Gathering() }
        return messages
    }

    mutating func drop() {
        for message in take() { message.destroy() }
    }
}
