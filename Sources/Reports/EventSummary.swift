// One event as pages show it, read from its document.
import Events
import Mongo
import Rollups

public struct EventSummary: Sendable, Equatable {
    public let id: String
    public let fact: Fact
    /// ms since 1970.
    public let received: Int64

    public init?(_ document: BSONView) {
        guard let id = document.string("_id"), let fact = FactReader.read(document) else { return nil }
        self.id = id
        self.fact = fact
        received = document.dateMilliseconds("receivedAt") ?? fact.time
    }

    static let projection: BSONDocument = ["traits": 0, "extra": 0, "hash": 0]
}
