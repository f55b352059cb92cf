// A document as people and pages read it: MongoDB's relaxed extended JSON
// (https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/), where only what JSON cannot say is an object.
import CMongoc

extension BSONDocument {
    /// Relaxed extended JSON, UTF-8; `{}` where the bytes are no BSON.
    public var relaxedJSON: [UInt8] {
        withBSON { document in
            var count = 0
            guard let text = bson_as_relaxed_extended_json(document, &count) else { return Array("{}".utf8) }
            defer { bson_free(text) }
            return Array(UnsafeRawBufferPointer(start: text, count: count))
        }
    }
}
