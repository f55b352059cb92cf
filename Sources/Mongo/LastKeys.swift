// Which members of a JSON object count, where a key stands in it twice: the last one of each key.
// Usual objects (up to 16 members, all different) cost one comparison of two words a pair. Larger ones, and those that
// look doubled, go through a hash table with a seed of this process: linear also for keys chosen to collide.
import Glibc
import JSON

public struct LastKeys: ~Copyable {
    @usableFromInline static var fewKeys: Int { 16 }

    /// nil: every key stands once. Else slots of (hash, place of the last member with that key); place 0 is empty,
    /// since the tape's first word is never a member.
    @usableFromInline let table: UnsafeMutablePointer<Slot>?
    @usableFromInline let mask: Int

    @usableFromInline struct Slot {
        @usableFromInline var hash: UInt64
        @usableFromInline var place: Int
    }

    /// Looks at the members of the object at `place`.
    public init(of tape: JSONTape, at place: Int) {
        let (members, allDiffer) = Self.survey(tape, place)
        (table, mask) = allDiffer ? (nil, 0) : Self.lastPlaces(of: members, tape, place)
    }

    deinit { table?.deallocate() }

    /// Whether the member whose key stands at `key` is the last of that key. `tape` is the one given to `init`.
    @inlinable public func isLast(_ key: Int, in tape: JSONTape) -> Bool {
        guard let table else { return true }
        return table[Self.slot(for: tape.string(key), Self.hash(tape.string(key)), table, mask, tape)].place == key
    }

    /// How many members there are, and whether they surely differ. Stops to compare beyond `fewKeys`.
    private static func survey(_ tape: JSONTape, _ place: Int) -> (members: Int, allDiffer: Bool) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: fewKeys) { seen in
            var members = 0
            var allDiffer = true
            var at = place &+ 1
            while tape.kind(at) != .objectEnd {
                if members < fewKeys {
                    let mark = fingerprint(tape.string(at))
                    var other = 0
                    while other < members {
                        if seen[other] == mark { allDiffer = false }
                        other &+= 1
                    }
                    seen[members] = mark
                }
                members &+= 1
                at = tape.after(at &+ 1)
            }
            return (members, allDiffer && members <= fewKeys)
        }
    }

    /// The table, or none where the keys turn out to differ.
    private static func lastPlaces(
        of members: Int, _ tape: JSONTape, _ place: Int
    ) -> (UnsafeMutablePointer<Slot>?, Int) {
        var slots = 32
        while slots < members &* 2 { slots &*= 2 }
        let table = UnsafeMutablePointer<Slot>.allocate(capacity: slots)
        table.initialize(repeating: Slot(hash: 0, place: 0), count: slots)
        var doubled = false
        var at = place &+ 1
        while tape.kind(at) != .objectEnd {
            let key = tape.string(at)
            let hash = hash(key)
            let slot = slot(for: key, hash, table, slots &- 1, tape)
            if table[slot].place != 0 { doubled = true }
            table[slot] = Slot(hash: hash, place: at)
            at = tape.after(at &+ 1)
        }
        if doubled { return (table, slots &- 1) }
        table.deallocate()
        return (nil, 0)
    }

    /// The slot that holds `key`, or the empty one where it belongs.
    @usableFromInline static func slot(
        for key: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ table: UnsafeMutablePointer<Slot>, _ mask: Int,
        _ tape: JSONTape
    ) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while table[slot].place != 0 {
            if table[slot].hash == hash, same(tape.string(table[slot].place), key) { break }
            slot = (slot &+ 1) & mask
        }
        return slot
    }

    @inline(__always)
    private static func same(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count, let one = left.baseAddress, let other = right.baseAddress else {
            return left.count == right.count
        }
        return memcmp(one, other, left.count) == 0
    }

    /// Equal for equal keys, and seldom for others: length, first and last bytes.
    @inline(__always)
    private static func fingerprint(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let (first, last) = ends(UnsafeRawBufferPointer(key))
        return (first &* 0x9E37_79B9_7F4A_7C15) ^ last ^ (UInt64(truncatingIfNeeded: key.count) &<< 56)
    }

    @usableFromInline static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let bytes = UnsafeRawBufferPointer(key)
        var hash = seed ^ UInt64(truncatingIfNeeded: key.count)
        var at = 0
        while at &+ 16 <= bytes.count {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self), seed2)
            at &+= 8
        }
        let (first, last) = ends(UnsafeRawBufferPointer(rebasing: bytes[at...]))
        return mix(mix(hash ^ first, seed2) ^ last, seed)
    }

    /// Two words that hold every byte of up to 16, and of longer ones the first and last 8.
    @inline(__always)
    private static func ends(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        let count = bytes.count
        if count >= 8 {
            return (
                bytes.loadUnaligned(as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            )
        }
        if count >= 4 {
            return (
                UInt64(bytes.loadUnaligned(as: UInt32.self)),
                UInt64(bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            )
        }
        guard count > 0 else { return (0, 0) }
        return (UInt64(bytes[0]), UInt64(bytes[count &>> 1]) &<< 8 | UInt64(bytes[count &- 1]))
    }

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Odd, so that no multiplication loses everything.
    private static let seed = UInt64.random(in: .min ... .max) | 1
    private static let seed2 = UInt64.random(in: .min ... .max) | 1
}
