// The beginning of a line whose end has not come yet. Grows as needed, with room behind it for the parser.
import JSON
import Linux

package struct PartialLine: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    package private(set) var count = 0

    package init() {}

    deinit { memory?.deallocate() }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    package mutating func append(_ more: UnsafeRawBufferPointer) {
        guard more.count > 0, let source = more.baseAddress else { return }
        let needed = count + more.count + JSONParser.padding
        if needed > capacity {
            let grown = max(needed, 2 * capacity, 512)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
            if let memory { larger.copyMemory(from: memory, byteCount: count) }
            memory?.deallocate()
            memory = larger
            capacity = grown
        }
        memory?.advanced(by: count).copyMemory(from: source, byteCount: more.count)
        count += more.count
    }

    /// Forgets what stands behind its first `limit` bytes.
    mutating func shorten(to limit: Int) { count = min(count, limit) }

    /// Empties it; memory of unusual size is given back.
    package mutating func clear() {
        count = 0
        if capacity > 4096 {
            memory?.deallocate()
            memory = nil
            capacity = 0
        }
    }
}
