// Numbers visitors from 0 in the order they are met, so that per-visitor state is an array. Open addressing over the
// id's own bits, which are a hash already: a million visitors take 40 MB and some hundred nanoseconds each, once a
// segment.
import Rollups

struct VisitorTable {
    private(set) var ids: [VisitorID] = []
    private var slots = [Int32](repeating: -1, count: 1 << 12)

    var count: Int { ids.count }

    mutating func number(of id: VisitorID) -> Int32 {
        if 2 * ids.count >= slots.count { grow() }
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: id.low) & mask
        while true {
            let found = slots[slot]
            if found < 0 {
                let number = Int32(truncatingIfNeeded: ids.count)
                slots[slot] = number
                ids.append(id)
                return number
            }
            if ids[Int(found)] == id { return found }
            slot = (slot &+ 1) & mask
        }
    }

    private mutating func grow() {
        var larger = [Int32](repeating: -1, count: 4 * slots.count)
        let mask = larger.count &- 1
        for (number, id) in ids.enumerated() {
            var slot = Int(truncatingIfNeeded: id.low) & mask
            while larger[slot] >= 0 { slot = (slot &+ 1) & mask }
            larger[slot] = Int32(truncatingIfNeeded: number)
        }
        slots = larger
    }
}
