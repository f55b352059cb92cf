// A BSON document that owns its bytes: commands, filters and updates written as ordered literals, and replies kept.
//     ["_id": "m-1", "ts": ["$gte": .date(1_700_000_000_000)]]
// What cannot be BSON (over 16 MiB, over 100 levels) becomes the empty document with `fault` set: nothing here throws,
// and every use of such a document as an argument is refused before it is sent.

public struct BSONDocument: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    static let empty: [UInt8] = [5, 0, 0, 0, 0]

    /// Always one whole document.
    public private(set) var bytes: [UInt8] = Self.empty
    public private(set) var fault: BSONFault?

    public init() {}

    public init(dictionaryLiteral elements: (String, BSONValue)...) { self.init(elements) }

    /// The pairs in their order; a key given twice stands there twice.
    public init(_ pairs: some Sequence<(String, BSONValue)>) {
        self.init { writer in
            for (name, value) in pairs { writer.append(value: value, name: name) }
        }
    }

    /// A document that stands for an array: keys "0", "1", … (pipelines, lists of commands).
    public init(array values: some Sequence<BSONValue>) {
        self.init { writer in
            for (index, value) in values.enumerated() { writer.append(value: value, key: .index(index)) }
        }
    }

    /// What `body` appends to the open document.
    public init(_ body: (inout BSONWriter) throws -> Void) rethrows {
        var writer = BSONWriter(capacity: 512)
        writer.beginDocument()
        try body(&writer)
        do throws(BSONFault) {
            try writer.endDocument()
            bytes = Array(writer.document(0))
        } catch {
            fault = error
        }
    }

    public init(copying view: BSONView) { bytes = Array(view.bytes) }

    /// Adds an element at the end; a key that is there already is not looked for.
    public mutating func append(_ name: String, _ value: BSONValue) {
        let former = self
        self = BSONDocument { writer in
            former.withView { writer.append(membersOf: $0) }
            writer.append(value: value, name: name)
        }
        if let fault = former.fault { self.fault = fault }
    }

    public var isEmpty: Bool { bytes.count <= 5 }

    /// Lends the bytes for the time of the call.
    public func withView<Result>(_ body: (BSONView) throws -> Result) rethrows -> Result? {
        try bytes.withUnsafeBytes { bytes in try BSONView(bytes).map(body) }
    }

    /// The value at a dotted path; nil where there is none, or of a type that BSONValue does not have.
    public subscript(path: String) -> BSONValue? { withView { $0[path]?.asValue } ?? nil }

    public func string(_ path: String) -> String? { withView { $0.string(path) } ?? nil }
    public func integer(_ path: String) -> Int64? { withView { $0.integer(path) } ?? nil }
    public func double(_ path: String) -> Double? { withView { $0.double(path) } ?? nil }
    public func bool(_ path: String) -> Bool? { withView { $0.bool(path) } ?? nil }
    public func dateMilliseconds(_ path: String) -> Int64? { withView { $0.dateMilliseconds(path) } ?? nil }
}
