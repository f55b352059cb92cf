import Mongo
import Testing

@Suite struct InsertOutcomeTests {
    func outcome(_ reply: BSONDocument, error: MongoError? = nil, _ range: Range<Int>) -> InsertOutcome {
        reply.withView { InsertOutcome("insert", reply: $0, callError: error, range: range) }
            ?? InsertOutcome("insert", reply: nil, callError: error, range: range)
    }

    let duplicate: BSONValue = ["index": 1, "code": 11000, "keyPattern": ["_id": 1], "errmsg": "E11000"]

    @Test("a sum that does not match is a failure of the whole, even where libmongoc says all is well")
    func sum() {
        let short = outcome(["insertedCount": 3], 0..<5)
        #expect(short.error?.remedy == .retry && short.insertedCount == 3)
        let server = outcome(
            ["insertedCount": 2, "errorReplies": [["ok": 0, "code": 10107, "errmsg": "not primary"]]], 0..<5)
        #expect(server.error?.code == 10107 && server.error?.remedy == .retry)
        // libmongoc's error is the first document's here, although the second part of the batch was lost.
        let hidden = MongoError("insert", .server, 11000, "E11000")
        let lost = outcome(["insertedCount": 1, "writeErrors": [duplicate]], error: hidden, 0..<5)
        #expect(lost.error?.remedy == .retry && lost.error?.domain == .network)
    }

    @Test("where every document has its answer, only the refused ones are failures, numbered as in the writer")
    func refusals() {
        let result = outcome(
            [
                "insertedCount": 1,
                "writeErrors": [
                    ["index": 2, "code": 121, "errmsg": "Document failed validation"], duplicate,
                    ["index": 3, "code": 11000, "errmsg": "E11000 duplicate key error collection: a.b index: v_1 dup"],
                    [
                        "index": 4, "code": 11000,
                        "errmsg": "E11000 duplicate key error collection: a.b index: _id_ dup",
                    ],
                    ["index": 5, "code": 11000, "keyPattern": ["_id": 1, "v": 1], "errmsg": "E11000"],
                    ["index": 6, "code": 11000, "errmsg": ""], ["index": 7, "code": 112, "errmsg": "WriteConflict"],
                ],
            ], error: MongoError("insert", .server, 121, "many"), 100..<108)
        #expect(result.error == nil && result.insertedCount == 1)
        #expect(result.failures.map { $0.index } == Array(101...107))
        #expect(result.failures.map { $0.isDuplicateOfID } == [true, false, false, true, false, false, false])
        #expect(
            result.failures.dropFirst().map { $0.remedy }
                == [.setAside, .setAside, .setAside, .setAside, .retry, .retry])
    }

    @Test("a write concern error fails the whole beside any refusals")
    func writeConcern() {
        let result = outcome(
            [
                "insertedCount": 4, "writeErrors": [duplicate],
                "writeConcernErrors": [["code": 100, "errmsg": "not enough data-bearing nodes"]],
            ], error: MongoError("insert", .server, 11000, "E11000"), 0..<5)
        #expect(result.error?.domain == .writeConcern && result.error?.remedy == .retry)
    }
}
