// Numbers ids of 128 bits, visitors' and orders', from 0 in the order they are met, so that what is known of each is a
// cell of a column. Open addressing by the highest bits, which are a hash already: a segment's visitors are sorted by
// them, so numbering a segment walks the table from its begin to its end, and asks for each place some steps before it
// is needed. A million ids take 50 to 80 MB. Who sends events can choose ids whose highest bits are the same: a place that
// is found after many steps shows it, and from then on places are those of another hash, whose key nobody knows.
import Linux
import Rollups

final class IDTable {
    private struct Slot {
        var id = VisitorID(high: 0, low: 0)
        /// Counted from 1; 0 for an empty slot.
        var number: Int32 = 0
    }

    private static let lookAhead = 12
    /// More steps than ids take that were not chosen: of a million in a table three quarters full, some 400.
    private static let manySteps = 1024
    private(set) var ids: [VisitorID] = []
    private var slots = Cells(Slot(), count: 1 << 12)
    private var bits = 12
    /// Of the places' own hash; 0 while the ids' highest bits serve.
    private var key: UInt64 = 0

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
    private func place(of id: VisitorID) -> Int {
        let hash = key == 0 ? id.high &<< 1 : mixed(id)
        return Int(truncatingIfNeeded: hash &>> UInt64(64 &- bits))
    }

    private func mixed(_ id: VisitorID) -> UInt64 {
        let product = (id.high ^ key).multipliedFullWidth(by: id.low ^ key.byteSwapped)
        return (product.high ^ product.low) &* 0x9E37_79B9_7F4A_7C15
    }

    @inline(__always)
    private func find(_ id: VisitorID) -> Int32 {
        let mask = 1 &<< bits &- 1
        var place = place(of: id)
        var steps = 0
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
            steps &+= 1
            if steps == IDTable.manySteps, key == 0 {
                key = UInt64.random(in: 1 ... .max)
                putAll()
                return find(id)
            }
        }
    }

    /// At most three slots of four are taken.
    private func makeRoom(for count: Int) {
        guard 4 * (ids.count + count) > 3 << bits else { return }
        while 4 * (ids.count + count) > 3 << bits { bits += 1 }
        putAll()
    }

    /// Every id anew, into an empty table.
    @inline(never)
    private func putAll() {
        slots = Cells(Slot(), count: 1 << bits)
        let mask = 1 << bits - 1
        for (index, id) in ids.enumerated() {
            var place = place(of: id)
            while slots.base[place].number != 0 { place = (place + 1) & mask }
            slots.base[place] = Slot(id: id, number: Int32(truncatingIfNeeded: index + 1))
        }
    }
}
