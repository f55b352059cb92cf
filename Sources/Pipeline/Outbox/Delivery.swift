// What the forwarder gives back to the outbox: batches that are delivered, to the last event or to those that wait for a
// stuck partition, and events that can never be. Moved in the ledger in the transaction that deletes the row.

/// An event that the next in line refuses for good, with all of its bytes.
package struct DeadEvent: Sendable {
    package let sequence: Int64
    package let code: String
    package let reason: String
    package let key: [UInt8]
    package let value: [UInt8]

    package init(sequence: Int64, code: String, reason: String, key: [UInt8], value: [UInt8]) {
        self.sequence = sequence
        self.code = code
        self.reason = reason
        self.key = key
        self.value = value
    }
}

package struct DeliveredBatch: Sendable {
    /// The row.
    package let first: Int64
    /// Those delivered, or dead.
    package let eventCount: Int
    /// What the row is to hold from now on; nil for nothing, then it goes.
    package var rest: EventBatch?
    package var dead: [DeadEvent] = []
    /// In mode "direct": what MongoDB made of them.
    package var consumer = ConsumerLedger()

    package init(first: Int64, eventCount: Int, dead: [DeadEvent] = [], consumer: ConsumerLedger = ConsumerLedger()) {
        self.first = first
        self.eventCount = eventCount
        self.dead = dead
        self.consumer = consumer
    }
}
