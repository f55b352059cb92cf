// Lends documents to libmongoc without a copy, and takes its own as views. A bson_t is wanted at an alignment that
// Swift gives no type, hence raw memory.
import CMongoc

enum BSONHandle {
    static let size = Int(clickd_bson_size)
    static let alignment = Int(clickd_bson_alignment)

    /// Memory for `count` bson_t, not initialised.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: size * count, alignment: alignment)
    }
}

extension BSONView {
    /// What libmongoc holds, as long as it does.
    init?(_ document: OpaquePointer) {
        self.init(UnsafeRawBufferPointer(start: bson_get_data(document), count: clickd_bson_length(document)))
    }
}

extension BSONDocument {
    /// The document as libbson sees it, for the time of the call.
    func withBSON<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        let memory = BSONHandle.allocate(1)
        defer { memory.deallocate() }
        let view = OpaquePointer(memory)
        return bytes.withUnsafeBufferPointer { bytes in
            bson_init_static(view, bytes.baseAddress, bytes.count)
            return body(view)
        }
    }

    /// Throws where the document could not be built.
    func check(_ operation: String) throws(MongoError) {
        guard let fault else { return }
        throw MongoError(operation, .bson, 0, "the document cannot be written: \(fault)", .setAside)
    }

    /// The name of a command.
    var firstKey: String { withView { view in view.first(where: { _ in true })?.name ?? "" } ?? "" }
}
