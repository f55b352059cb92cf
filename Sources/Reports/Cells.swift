// A growing column of plain values that one walk writes all over: counts, what is known of each visitor, gathered
// events. An array would ask before each write whether it is shared. What is known of a million visitors is written at
// random, so large columns lie in huge pages, and a cell can be asked for before it is needed: both halve what waiting
// for memory costs. A large column grows by moving its pages, not its bytes. Belongs to one thread.
import Linux

final class Cells<Value: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Value>
    private(set) var count = 0
    private var capacity: Int
    /// Where the column lies in pages of its own, their size; else 0.
    private var pageBytes = 0
    private let blank: Value

    /// `blank`: what a cell holds before it is written.
    init(_ blank: Value, count: Int = 0) {
        self.blank = blank
        capacity = 1024
        base = .allocate(capacity: capacity)
        grow(to: count)
    }

    deinit {
        if pageBytes > 0 { clickd_pages_free(base, pageBytes) } else { base.deallocate() }
    }

    /// The cell at `place`, made where there was none; valid until the next call.
    @inline(__always)
    func at(_ place: Int) -> UnsafeMutablePointer<Value> {
        if place >= count { grow(to: place + 1) }
        return base + place
    }

    @inline(__always)
    func append(_ value: Value) { at(count).pointee = value }

    func append(_ other: Cells) {
        let place = count
        grow(to: count + other.count)
        (base + place).update(from: other.base, count: other.count)
    }

    /// Asks for a cell that will be needed soon.
    @inline(__always)
    func expect(_ place: Int) { clickd_prefetch(base + place) }

    var cells: UnsafeMutableBufferPointer<Value> { .init(start: base, count: count) }

    @inline(never)
    private func grow(to wanted: Int) {
        if wanted > capacity { makeRoom(for: max(wanted, 2 * capacity)) }
        guard wanted > count else { return }
        (base + count).update(repeating: blank, count: wanted - count)
        count = wanted
    }

    private func makeRoom(for cells: Int) {
        let bytes = cells * MemoryLayout<Value>.stride
        guard bytes >= 2 * Cells.page else {
            let moved = UnsafeMutablePointer<Value>.allocate(capacity: cells)
            moved.update(from: base, count: count)
            base.deallocate()
            (base, capacity) = (moved, cells)
            return
        }
        let size = (bytes + Cells.page - 1) / Cells.page * Cells.page
        guard let pages = clickd_pages_grow(pageBytes > 0 ? base : nil, pageBytes, size) else {
            fatalError("no memory for a report: \(size) bytes")
        }
        let moved = pages.bindMemory(to: Value.self, capacity: size / MemoryLayout<Value>.stride)
        if pageBytes == 0 {
            moved.update(from: base, count: count)
            base.deallocate()
        }
        (base, capacity, pageBytes) = (moved, size / MemoryLayout<Value>.stride, size)
    }

    private static var page: Int { Int(CLICKD_HUGE_PAGE) }
}
