// What became of a batch of inserts, read from libmongoc's reply. Pure: tests drive it with replies of their own.
//
// libmongoc gives `false` for everything but full success, and its error is unreliable for a batch that it had to cut:
// the first document's write error overwrites a network error, and a later part's success clears an earlier part's
// failure. So only the reply counts: every document must be inserted or have its write error; any other sum, and any
// write concern error, is a failure of the whole.

public struct InsertFailure: Sendable, Equatable {
    /// The document's number in the writer.
    public let index: Int
    public let code: Int32
    /// The collection has a document with this `_id` already: the same event, or another under its id.
    public let isDuplicateOfID: Bool
    /// `setAside` only where the server judged the document; else `retry`.
    public let remedy: MongoRemedy
    /// The server's text; empty for a duplicate of `_id`.
    public let text: String
}

public struct InsertOutcome: Sendable, Equatable {
    /// How many the server says it inserted; with `error` set not yet by a majority, and maybe too few.
    public internal(set) var insertedCount = 0
    /// The documents refused one by one, in rising order.
    public internal(set) var failures: [InsertFailure] = []
    /// The whole failed: nothing counts as written, although some or all may be. Insert it all again: what is there
    /// already comes back as a duplicate. `setAside` here means some document of the batch; insert them singly.
    public internal(set) var error: MongoError?

    init() {}

    init(failed error: MongoError) { self.error = error }

    /// - Parameters:
    ///   - callError: what libmongoc said; nil where it gave success.
    ///   - range: the documents that were sent.
    package init(_ operation: String, reply: BSONView?, callError: MongoError?, range: Range<Int>) {
        insertedCount = reply?.integer("insertedCount").map { Int(clamping: $0) } ?? 0
        if let errors = reply?.document("writeErrors") {
            for element in errors {
                guard let error = element.document, let index = error.integer("index") else { continue }
                failures.append(InsertFailure(error, index: Int(clamping: index) &+ range.lowerBound))
            }
            failures.sort { $0.index < $1.index }
        }
        if let concern = reply?.document("writeConcernErrors.0") {
            error = MongoError(
                operation, .writeConcern, Int32(clamping: concern.integer("code") ?? 0),
                concern.string("errmsg") ?? "write concern failed")
        } else if insertedCount &+ failures.count != range.count {
            error = Self.whole(operation, reply, callError, accounted: insertedCount &+ failures.count, range.count)
        } else if let callError, failures.isEmpty {
            error = callError
        }
    }

    /// The failure of the whole where the sum does not match: the server's, libmongoc's, or the sum itself.
    private static func whole(
        _ operation: String, _ reply: BSONView?, _ callError: MongoError?, accounted: Int, _ sent: Int
    ) -> MongoError {
        if let refusal = reply?.document("errorReplies.0"), let code = refusal.integer("code") {
            return MongoError(operation, .server, Int32(clamping: code), refusal.string("errmsg") ?? "refused")
        }
        if let callError, callError.code != 0, reply?.document("writeErrors.0") == nil { return callError }
        return MongoError(
            operation, .network, 0, "the reply accounts for \(accounted) of \(sent) documents", .retry)
    }
}

extension InsertFailure {
    init(_ error: BSONView, index: Int) {
        let code = Int32(clamping: error.integer("code") ?? 0)
        let named = Self.isDuplicateOfID(code, error)
        self.index = index
        self.code = code
        isDuplicateOfID = named == true
        // A duplicate of who knows what is tried again: it may be of _id, which is no failure at all.
        remedy = code == 11000 && named == nil ? .retry : .of(.server, code, .document)
        text = named == true ? "" : error.string("errmsg") ?? ""
    }

    /// nil where the server does not say which index: its texts are emptied where the reply would be too large.
    private static func isDuplicateOfID(_ code: Int32, _ error: BSONView) -> Bool? {
        guard code == 11000 else { return false }
        if let pattern = error.document("keyPattern") {
            let keys = Array(pattern)
            return keys.count == 1 && keys[0].key.elementsEqual("_id".utf8) && keys[0].integer == 1
        }
        guard let text = error.string("errmsg"), let index = indexName(in: text) else { return nil }
        return index == "_id_"
    }

    /// The name in "E11000 duplicate key error collection: a.b index: _id_ dup key: …".
    private static func indexName(in text: String) -> Substring? {
        let words = text.split(separator: " ")
        guard let label = words.firstIndex(of: "index:"), label + 1 < words.count else { return nil }
        return words[label + 1]
    }
}
