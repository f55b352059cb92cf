// Writes a chunk of records to MongoDB: one parse and one document each, one unordered insert, majority and journal.
// A duplicate `_id` is looked at: the same event (its hash says so) is a duplicate, or, where the document came from
// this very record, our own insert seen again; another event under the same id is dead. The minutes of all of
// them are to be marked for the roll-ups, duplicates too: an earlier try may have died before it could. Belongs to a writer thread.
import Events
import JSON
import Linux
import Mongo
import Rollups
import Settings

final class EventWriter {
    /// Records larger than this are dead: their document might not fit MongoDB's 16 MiB.
    private static let maxRecordBytes = 4 << 20

    private let settings: MongoSettings
    private let parser: JSONParser
    private var client: MongoClient?
    private var collection: MongoCollection?
    private var documents = BSONWriter(capacity: 2 << 20)
    private var budget = MarkBudget()
    private let scratch: UnsafeMutableRawBufferPointer

    init(settings: MongoSettings) throws {
        self.settings = settings
        parser = try JSONParser.make(capacity: EventWriter.maxRecordBytes, maxDepth: EventFields.maxDepth)
        scratch = .allocate(byteCount: EventWriter.maxRecordBytes + JSONParser.padding, alignment: 64)
    }

    deinit { scratch.deallocate() }

    /// Writes every record that waits. Throws where nothing can be said of them; trying again is safe.
    func write(_ chunk: WriteChunk) throws(MongoError) {
        var times: [Int64] = []
        times.reserveCapacity(chunk.records.count)
        // Of a try that fails too: what it wrote has an outcome, and does not come again.
        defer { chunk.places.merge(RollupMarks.places(times, &budget)) { max($0, $1) } }
        try insert(chunk, &times)
    }

    private func insert(_ chunk: WriteChunk, _ times: inout [Int64]) throws(MongoError) {
        let collection = try open()
        documents.reset(keeping: 32 << 20)
        var recordOf: [Int] = []
        recordOf.reserveCapacity(chunk.records.count)
        for (index, record) in chunk.records.enumerated() where chunk.outcomes[index] == .waiting {
            do throws(RecordFault) {
                times.append(try build(record))
                recordOf.append(index)
            } catch {
                chunk.outcomes[index] = .dead(code: error.code, reason: "this record is no event: \(error.code)")
            }
        }
        guard !recordOf.isEmpty else { return }
        let outcome = collection.insertUnordered(documents)
        if let error = outcome.error {
            guard error.remedy == .setAside, recordOf.count > 0 else { throw error }
            try writeSingly(collection, chunk, recordOf)
            return
        }
        try settle(outcome.failures, collection, chunk, recordOf)
    }

    private func open() throws(MongoError) -> MongoCollection {
        if let collection { return collection }
        // Writes are repeated by us, with the same keys: libmongoc's own retries would only cost time.
        let client = try MongoClient.open(
            uri: settings.uri.revealed, socketTimeout: MongoClient.writingTimeout, retries: false)
        let made = try client.collection(database: settings.database, settings.collection)
        self.client = client
        collection = made
        return made
    }

    private func build(_ record: EventRecord) throws(RecordFault) -> Int64 {
        guard record.value.count <= EventWriter.maxRecordBytes else { throw .tooLarge }
        scratch.copyMemory(from: record.value)
        let tape: JSONTape
        do throws(JSONFault) {
            tape = try parser.parse(UnsafeRawBufferPointer(rebasing: scratch[..<record.value.count]))
        } catch {
            throw .event(Rejection(error))
        }
        return try EventDocument.write(tape, record, to: &documents)
    }

    /// A document among them that MongoDB cannot take as a whole made the call fail: one at a time finds it.
    private func writeSingly(
        _ collection: MongoCollection, _ chunk: WriteChunk, _ recordOf: [Int]
    ) throws(MongoError) {
        for (document, record) in recordOf.enumerated() {
            let outcome = collection.insertUnordered(documents, document..<document + 1)
            if let error = outcome.error {
                guard error.remedy == .setAside else { throw error }
                chunk.outcomes[record] = .dead(code: "mongodb_\(error.code)", reason: error.text)
            } else if outcome.failures.isEmpty {
                chunk.outcomes[record] = .inserted
            } else {
                try settle(outcome.failures, collection, chunk, recordOf, of: document..<document + 1)
            }
        }
    }

    private func settle(
        _ failures: [InsertFailure], _ collection: MongoCollection, _ chunk: WriteChunk, _ recordOf: [Int],
        of range: Range<Int>? = nil
    ) throws(MongoError) {
        var failed = Set<Int>()
        var duplicates: [Int] = []
        for failure in failures {
            failed.insert(failure.index)
            if failure.isDuplicateOfID {
                duplicates.append(failure.index)
            } else if failure.remedy == .setAside {
                chunk.outcomes[recordOf[failure.index]] = .dead(code: "mongodb_\(failure.code)", reason: failure.text)
            }
        }
        for document in range ?? 0..<recordOf.count where !failed.contains(document) {
            chunk.outcomes[recordOf[document]] = .inserted
        }
        if !duplicates.isEmpty { try judge(duplicates, collection, chunk, recordOf) }
        if let open = failures.first(where: { !$0.isDuplicateOfID && $0.remedy != .setAside }) {
            throw MongoError.unfinished(open)
        }
    }

    /// Compares each document whose id was there with the one that is.
    private func judge(
        _ duplicates: [Int], _ collection: MongoCollection, _ chunk: WriteChunk, _ recordOf: [Int]
    ) throws(MongoError) {
        var ids: [BSONValue] = []
        for document in duplicates { ids.append(.string(view(document)?.string("_id") ?? "")) }
        var stored: [String: BSONDocument] = [:]
        let cursor = try collection.find(
            ["_id": ["$in": .array(ids)]], projection: ["hash": 1, "kafka": 1, "receivedAt": 1])
        while let found = try cursor.next() {
            if let id = found.string("_id") { stored[id] = found.copied }
        }
        for document in duplicates {
            guard let mine = view(document), let id = mine.string("_id"), let there = stored[id] else {
                // Deleted since (it expired, or was erased): inserted by the next try.
                throw MongoError(
                    "insert an event", .server, 11000, "what had its id has gone meanwhile", .retry)
            }
            let record = recordOf[document]
            if there.integer("hash") != mine.integer("hash") {
                chunk.outcomes[record] = .dead(
                    code: "id_conflict", reason: "another event has the messageId \(Log.escaped(id)) already")
            } else {
                chunk.outcomes[record] = isOwn(mine, there) ? .inserted : .duplicate
            }
        }
    }

    /// Whether the stored document was made from the same record: an earlier try of ours.
    private func isOwn(_ mine: BSONView, _ there: BSONDocument) -> Bool {
        if let offset = mine.integer("kafka.o") {
            return there.integer("kafka.o") == offset && there.integer("kafka.p") == mine.integer("kafka.p")
        }
        return there.integer("kafka.o") == nil
            && there.dateMilliseconds("receivedAt") == mine.dateMilliseconds("receivedAt")
    }

    private func view(_ document: Int) -> BSONView? { BSONView(documents.document(document)) }
}

extension MongoError {
    /// A document's own failure that may pass when it is tried again.
    static func unfinished(_ failure: InsertFailure) -> MongoError {
        MongoError("insert an event", .server, failure.code, failure.text, .retry)
    }
}
