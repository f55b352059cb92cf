// The documents of a BSONWriter as libmongoc wants them, an array of pointers to bson_t, without copying a document.
// Kept between batches. Valid until the writer is written to.
import CMongoc

struct DocumentViews: ~Copyable {
    private var views = BSONHandle.allocate(1)
    private var pointers = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
    private var capacity = 1

    deinit {
        views.deallocate()
        pointers.deallocate()
    }

    /// Points at the documents `range` of the writer, which must lie within it.
    mutating func fill(
        from writer: borrowing BSONWriter, _ range: Range<Int>
    ) -> UnsafeMutablePointer<OpaquePointer?> {
        if range.count > capacity {
            views.deallocate()
            pointers.deallocate()
            views = BSONHandle.allocate(range.count)
            pointers = .allocate(capacity: range.count)
            capacity = range.count
        }
        for (slot, index) in range.enumerated() {
            let bytes = writer.document(index)
            let view = OpaquePointer(views + slot * BSONHandle.size)
            bson_init_static(view, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
            pointers[slot] = view
        }
        return pointers
    }
}
