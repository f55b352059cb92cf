// Numbers pairs of numbers, a visitor and what they searched or wished for, from 0 in the order they are met: open
// addressing, 32 to 128 bytes a pair.
final class PairTable {
    private struct Slot {
        var key: UInt64 = 0
        /// Counted from 1; 0 for an empty slot.
        var number: Int32 = 0
    }

    private var slots = Cells(Slot(), count: 1 << 12)
    private(set) var count = 0

    private static func key(_ visitor: Int32, _ other: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: visitor)) << 32 | UInt64(UInt32(bitPattern: other))
    }

    func number(of visitor: Int32, _ other: Int32) -> (number: Int, isNew: Bool) {
        if 2 * count >= slots.count { grow() }
        let key = PairTable.key(visitor, other)
        let slot = slot(of: key)
        if slot.pointee.number > 0 { return (Int(slot.pointee.number) - 1, false) }
        count += 1
        slot.pointee = Slot(key: key, number: Int32(truncatingIfNeeded: count))
        return (count - 1, true)
    }

    func number(ifMet visitor: Int32, _ other: Int32) -> Int? {
        let found = slot(of: PairTable.key(visitor, other)).pointee.number
        return found > 0 ? Int(found) - 1 : nil
    }

    /// The slot that holds `key`, or would.
    private func slot(of key: UInt64) -> UnsafeMutablePointer<Slot> {
        let mask = slots.count &- 1
        let mixed = key &* 0x9E37_79B9_7F4A_7C15
        var place = Int(truncatingIfNeeded: mixed &>> 32 ^ mixed &>> 7) & mask
        while slots.base[place].number > 0, slots.base[place].key != key { place = (place &+ 1) & mask }
        return slots.base + place
    }

    private func grow() {
        let old = slots
        slots = Cells(Slot(), count: 4 * old.count)
        for held in old.cells where held.number > 0 { slot(of: held.key).pointee = held }
    }
}
