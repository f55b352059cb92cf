// Numbers ids of 128 bits, visitors' and orders', from 0 in the order they are met, so that what is known of each is a
// cell of a column. Open addressing by the highest bits, which are a hash already: a segment's visitors are sorted by
// them, so numbering a segment walks the table from its begin to its end, and asks for each place some steps before it
// is needed. A million ids take 50 to 80 MB.
import Linux
import Rollups

final class IDTable {
    private struct Slot {
        var id = VisitorID(high: 0, low: 0)
        /// Counted from 1; 0 for an empty slot.
        var number: Int32 = 0
    }

    private static let lookAhead = 12
    private(set) var ids: [VisitorID] = []
    private var slots = Cells(Slot(), count: 1 << 12)
    private var bits = 12

    var count: Int { ids.count }

    /// The number of each of `some`, into `numbers` from 0 on.
    func number(_ some: [VisitorID], into numbers: Cells<Int32>) {
        makeRoom(for: some.count)
        guard let last = some.indices.last else { return }
        _ = numbers.at(last)
        some.withUnsafeBufferPointer { some in
            for index in 0...last {
                slots.expect(place(of: some[min(index + IDTable.lookAhead, last)]))
                numbers.base[index] = find(some[index])
            }
        }
    }

    func number(of id: VisitorID) -> Int {
        makeRoom(for: 1)
        return Int(find(id))
    }

    /// The highest bit only says whether it is a user's.
    @inline(__always)
    private func place(of id: VisitorID) -> Int { Int(truncatingIfNeeded: (id.high &<< 1) &>> UInt64(64 &- bits)) }

    @inline(__always)
    private func find(_ id: VisitorID) -> Int32 {
        let mask = 1 &<< bits &- 1
        var place = place(of: id)
        while true {
            let slot = slots.base + place
            let number = slot.pointee.number
            if number == 0 {
                ids.append(id)
                slot.pointee = Slot(id: id, number: Int32(truncatingIfNeeded: ids.count))
                return Int32(truncatingIfNeeded: ids.count &- 1)
            }
            if slot.pointee.id == id { return number &- 1 }
            place = (place &+ 1) & mask
        }
    }

    /// At most three slots of four are taken.
    private func makeRoom(for count: Int) {
        guard 4 * (ids.count + count) > 3 << bits else { return }
        while 4 * (ids.count + count) > 3 << bits { bits += 1 }
        slots = Cells(Slot(), count: 1 << bits)
        let mask = 1 << bits - 1
        for (index, id) in ids.enumerated() {
            var place = place(of: id)
            while slots.base[place].number != 0 { place = (place + 1) & mask }
            slots.base[place] = Slot(id: id, number: Int32(truncatingIfNeeded: index + 1))
        }
    }
}
