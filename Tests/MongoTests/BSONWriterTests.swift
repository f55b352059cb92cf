import CMongoc
import Mongo
import Testing

/// libbson's own judgement of one document: its canonical extended JSON, nil where it is not valid.
func libbson(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard let document = bson_new_from_data(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) else {
        return nil
    }
    defer { bson_destroy(document) }
    guard
        bson_validate(
            document, bson_validate_flags_t(BSON_VALIDATE_UTF8.rawValue | BSON_VALIDATE_UTF8_ALLOW_NULL.rawValue), nil),
        let text = bson_as_canonical_extended_json(document, nil)
    else { return nil }
    defer { bson_free(text) }
    return String(cString: text)
}

@Suite struct BSONWriterTests {
    @Test("libbson reads every type as it was written")
    func types() throws {
        var writer = BSONWriter()
        writer.beginDocument()
        writer.append(string: "é\"", key: "s")
        writer.append(int32: -7, key: "i")
        writer.append(int64: 1 << 40, key: "l")
        writer.append(integer: 2_147_483_647, key: "small")
        writer.append(integer: 2_147_483_648, key: "large")
        writer.append(integer: -2_147_483_648, key: "low")
        writer.append(double: 1.5, key: "d")
        writer.append(bool: true, key: "t")
        writer.append(bool: false, key: "f")
        writer.appendNull(key: "n")
        writer.append(dateMilliseconds: -1, key: "date")
        writer.beginObject(key: "o")
        writer.append(int32: 1, key: "$a.b")
        writer.end()
        writer.beginArray(key: "list")
        for index in 0..<12 { writer.append(int32: Int32(index), key: .index(index)) }
        writer.end()
        [UInt8]([1, 2, 3]).withUnsafeBytes { writer.append(binary: $0, key: "bin") }
        try writer.endDocument()
        let list = (0..<12).map { #"{ "$numberInt" : "\#($0)" }"# }.joined(separator: ", ")
        #expect(
            libbson(writer.document(0)) == #"""
                { "s" : "é\"", "i" : { "$numberInt" : "-7" }, "l" : { "$numberLong" : "1099511627776" }, "small" : { "$numberInt" : "2147483647" }, "large" : { "$numberLong" : "2147483648" }, "low" : { "$numberInt" : "-2147483648" }, "d" : { "$numberDouble" : "1.5" }, "t" : true, "f" : false, "n" : null, "date" : { "$date" : { "$numberLong" : "-1" } }, "o" : { "$a.b" : { "$numberInt" : "1" } }, "list" : [ \#(list) ], "bin" : { "$binary" : { "base64" : "AQID", "subType" : "00" } } }
                """#)
    }

    @Test("array keys are decimal digits across every power of ten")
    func arrayKeys() throws {
        var writer = BSONWriter()
        writer.beginDocument()
        writer.beginArray(key: "a")
        for index in 0..<1234 { writer.appendNull(key: .index(index)) }
        writer.end()
        try writer.endDocument()
        let names = BSONView(writer.document(0))?.document("a")?.map { $0.name }
        #expect(names == (0..<1234).map(String.init))
    }

    @Test("documents lie back to back, keys and strings of every length around 16 survive, and reset starts anew")
    func batch() throws {
        var writer = BSONWriter()
        for round in 0..<2 {
            for length in 0..<40 {
                let key = Array(repeating: UInt8(ascii: "k"), count: length)
                let text = String((0..<length).map { Character(Unicode.Scalar(UInt8(97 + ($0 + round) % 26))) })
                writer.beginDocument()
                key.withUnsafeBufferPointer { writer.append(string: text, key: BSONKey($0)) }
                try writer.endDocument()
            }
            #expect(writer.documentCount == 40)
            for length in 0..<40 {
                let text = String((0..<length).map { Character(Unicode.Scalar(UInt8(97 + ($0 + round) % 26))) })
                let key = String(repeating: "k", count: length)
                #expect(libbson(writer.document(length)) == #"{ "\#(key)" : "\#(text)" }"#)
            }
            writer.reset(keeping: round == 0 ? .max : 0)
            #expect(writer.documentCount == 0)
        }
    }

    @Test("a document that cannot be written is dropped alone")
    func faults() throws {
        var writer = BSONWriter()
        func one() throws {
            writer.beginDocument()
            writer.append(int32: 1, key: "a")
            try writer.endDocument()
        }
        try one()
        let bytes = writer.byteCount
        let large = [UInt8](repeating: 0x61, count: BSONWriter.maxDocumentBytes)
        writer.beginDocument()
        large.withUnsafeBufferPointer { writer.append(utf8: $0, key: "x") }
        writer.append(int32: 1, key: "after")
        #expect(throws: BSONFault.tooLarge) { try writer.endDocument() }
        writer.beginDocument()
        for _ in 0..<120 { writer.beginObject(key: "o") }
        for _ in 0..<120 { writer.end() }
        #expect(throws: BSONFault.tooDeep) { try writer.endDocument() }
        writer.beginDocument()
        writer.beginObject(key: "left open")
        #expect(throws: BSONFault.unbalanced) { try writer.endDocument() }
        writer.append(int32: 1, key: "outside")
        writer.end()
        #expect(throws: BSONFault.unbalanced) { try writer.endDocument() }
        #expect(writer.documentCount == 1 && writer.byteCount == bytes)
        // Exactly 16 MiB fits: 5 of the document, 3 of type and key, 5 of the string.
        writer.beginDocument()
        large[13...].withUnsafeBufferPointer { writer.append(utf8: $0, key: "x") }
        try writer.endDocument()
        #expect(writer.document(1).count == BSONWriter.maxDocumentBytes)
        try one()
        #expect(writer.documentCount == 3)
        #expect(libbson(writer.document(2)) == #"{ "a" : { "$numberInt" : "1" } }"#)
    }

    @Test("a NUL in a key cannot break the document")
    func nulKey() throws {
        var writer = BSONWriter()
        for length in [1, 3, 8, 9, 17, 30] {
            for place in 0..<length {
                var key = [UInt8](repeating: 0x6B, count: length)
                key[place] = 0
                writer.reset()
                writer.beginDocument()
                key.withUnsafeBufferPointer { writer.append(bool: true, key: BSONKey($0)) }
                try writer.endDocument()
                key[place] = UInt8(ascii: "?")
                #expect(libbson(writer.document(0)) == #"{ "\#(String(decoding: key, as: UTF8.self))" : true }"#)
            }
        }
    }

    @Test("bytes that are no BSON end the reading, whatever is wrong with them")
    func broken() throws {
        let sound: BSONDocument = [
            "a": "text", "b": 1, "c": ["d": 1.5, "e": [1, nil, true]], "f": .date(5), "g": .binary([1, 2]),
        ]
        func read(_ view: BSONView, _ depth: Int = 0) -> Int {
            view.reduce(0) { sum, element in
                _ = (element.string, element.integer, element.double, element.binary, element.asValue)
                return sum + 1 + (element.document.map { read($0, depth + 1) } ?? 0)
            }
        }
        #expect(sound.withView { read($0) } == 10)
        for at in 4..<sound.bytes.count - 1 {
            for value in [0x00, 0x02, 0x03, 0x05, 0x0B, 0x7F, 0x80, 0xFF] as [UInt8] {
                var bytes = sound.bytes
                bytes[at] = value
                bytes.withUnsafeBytes { bytes in _ = BSONView(bytes).map { read($0) } }
            }
        }
    }

    @Test("a literal keeps its order and reads back by dotted path")
    func literal() {
        var document: BSONDocument = ["z": 1, "a": ["b": [10, ["c": "deep"]]], "large": .int64(5), "x": nil]
        document.append("last", 2.5)
        #expect(document.withView { $0.map { $0.name } } == ["z", "a", "large", "x", "last"])
        #expect(document.string("a.b.1.c") == "deep" && document.integer("a.b.0") == 10)
        #expect(document["large"] == .int64(5) && document["x"] == .null && document["a.q"] == nil)
        #expect(document.double("last") == 2.5 && document.integer("last") == nil && document.double("z") == 1)
    }
}
