// What the forwarder gives back to the outbox: batches that are delivered to the last event, and events that can never
// be. Moved in the ledger in the transaction that deletes the row.

/// An event that the next in line refuses for good, with all of its bytes.
struct DeadEvent: Sendable {
    let sequence: Int64
    let code: String
    let reason: String
    let key: [UInt8]
    let value: [UInt8]
}

struct DeliveredBatch: Sendable {
    /// The row.
    let first: Int64
    let eventCount: Int
    var dead: [DeadEvent] = []
    /// In mode "direct": what MongoDB made of them.
    var consumer = ConsumerLedger()
}
