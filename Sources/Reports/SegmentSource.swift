// Where reports get segments from: MongoDB, or a test's memory.
import Mongo
import Rollups

public protocol SegmentSource {
    /// Every segment that touches [from, to), each once, in time's order, none within another. `prepare` changes each
    /// before it is visited and may run on another thread, ahead; it alone may ask this source meanwhile.
    func forEach(
        from: Int64, to: Int64, columns: SegmentColumns,
        prepare: @escaping (Segment) throws(MongoError) -> Segment, _ visit: (Segment) throws(MongoError) -> Void
    ) throws(MongoError)

    /// Whom each user without an anonymous id is counted as.
    func people() throws(MongoError) -> [VisitorID: VisitorID]
}

extension SegmentSource {
    func forEach(
        from: Int64, to: Int64, columns: SegmentColumns, _ visit: (Segment) throws(MongoError) -> Void
    ) throws(MongoError) {
        try forEach(from: from, to: to, columns: columns, prepare: { (segment) throws(MongoError) in segment }, visit)
    }
}

/// Belongs to the thread of its client.
public final class MongoSegments: SegmentSource {
    public let store: SegmentStore
    private let links: People

    public init(_ client: MongoClient, database: String) throws(MongoError) {
        store = try SegmentStore(client, database: database)
        links = try People(client, database: database)
    }

    public func forEach(
        from: Int64, to: Int64, columns: SegmentColumns,
        prepare: @escaping (Segment) throws(MongoError) -> Segment, _ visit: (Segment) throws(MongoError) -> Void
    ) throws(MongoError) {
        try store.forEach(from: from, to: to, columns: columns, prepare: prepare, visit)
    }

    public func people() throws(MongoError) -> [VisitorID: VisitorID] { try links.visitors() }
}
