// A growing column of plain values that one walk writes all over: counts, what is known of each visitor, gathered
// events. An array would ask before each write whether it is shared. What is known of a million visitors is written at
// random, so large columns lie in huge pages, and a cell can be asked for before it is needed: both halve what waiting
// for memory costs. Belongs to one thread.
import Linux

final class Cells<Value: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Value>
    private(set) var count = 0
    private var capacity: Int
    private let blank: Value

    /// `blank`: what a cell holds before it is written.
    init(_ blank: Value, count: Int = 0) {
        self.blank = blank
        capacity = max(count, 1024)
        base = Cells.room(capacity)
        grow(to: count)
    }

    deinit { base.deallocate() }

    private static func room(_ capacity: Int) -> UnsafeMutablePointer<Value> {
        let bytes = capacity * MemoryLayout<Value>.stride
        let hugePage = 2 << 20
        let isLarge = bytes >= 2 * hugePage
        let room = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: isLarge ? hugePage : max(16, MemoryLayout<Value>.alignment))
        // Advice: without huge pages everything is right, and slower.
        if isLarge { _ = madvise(room, bytes / hugePage * hugePage, Int32(MADV_HUGEPAGE)) }
        return room.bindMemory(to: Value.self, capacity: capacity)
    }

    /// The cell at `place`, made where there was none; valid until the next call.
    @inline(__always)
    func at(_ place: Int) -> UnsafeMutablePointer<Value> {
        if place >= count { grow(to: place + 1) }
        return base + place
    }

    @inline(__always)
    func append(_ value: Value) { at(count).pointee = value }

    /// Asks for a cell that will be needed soon.
    @inline(__always)
    func expect(_ place: Int) { clickd_prefetch(base + place) }

    var cells: UnsafeBufferPointer<Value> { .init(start: base, count: count) }

    @inline(never)
    private func grow(to wanted: Int) {
        if wanted > capacity {
            let larger = max(wanted, 2 * capacity)
            let moved = Cells.room(larger)
            moved.update(from: base, count: count)
            base.deallocate()
            (base, capacity) = (moved, larger)
        }
        guard wanted > count else { return }
        (base + count).update(repeating: blank, count: wanted - count)
        count = wanted
    }
}
