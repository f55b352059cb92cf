// One write of a mixed batch off the hot path, and what became of the batch.

public enum MongoWrite: Sendable, Equatable {
    case insert(BSONDocument)
    /// `update` holds operators ($set, $inc, …), or is a pipeline made with `BSONDocument(array:)`.
    case updateOne(BSONDocument, update: BSONDocument, upsert: Bool = false)
    case updateMany(BSONDocument, update: BSONDocument, upsert: Bool = false)
    case replaceOne(BSONDocument, with: BSONDocument, upsert: Bool = false)
    case deleteOne(BSONDocument)
    case deleteMany(BSONDocument)

    var documents: [BSONDocument] {
        switch self {
        case .insert(let document), .deleteOne(let document), .deleteMany(let document): [document]
        case .updateOne(let filter, let change, _), .updateMany(let filter, let change, _),
            .replaceOne(let filter, let change, _):
            [filter, change]
        }
    }
}

public struct WriteOutcome: Sendable, Equatable {
    public internal(set) var inserted = 0
    public internal(set) var matched = 0
    public internal(set) var modified = 0
    public internal(set) var upserted = 0
    public internal(set) var deleted = 0
    /// The writes refused one by one; `index` is the write's place in the batch.
    public internal(set) var failures: [InsertFailure] = []

    init(_ reply: BSONView?) {
        func number(_ field: String) -> Int { Int(clamping: reply?.integer(field) ?? 0) }
        inserted = number("nInserted")
        matched = number("nMatched")
        modified = number("nModified")
        upserted = number("nUpserted")
        deleted = number("nRemoved")
        for element in reply?.document("writeErrors")?.map({ $0 }) ?? [] {
            guard let error = element.document, let index = error.integer("index") else { continue }
            failures.append(InsertFailure(error, index: Int(clamping: index)))
        }
        failures.sort { $0.index < $1.index }
    }
}
