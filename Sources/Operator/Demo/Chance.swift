// Chance that can be repeated: SplitMix64 from a seed, and the few draws that simulated people need. A value; not for
// secrets.
import Linux

package struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// At least 0, below 1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func happens(_ probability: Double) -> Bool { unit() < probability }

    /// 0 up to, not including, `bound`; 0 where there is nothing to choose from.
    package mutating func below(_ bound: Int) -> Int { min(Int(unit() * Double(bound)), max(bound - 1, 0)) }

    /// How many times something happens that goes on each time with `probability`, at most `most`.
    package mutating func times(_ probability: Double, most: Int) -> Int {
        var count = 0
        while count < most, happens(probability) { count += 1 }
        return count
    }

    /// A pause in milliseconds: mostly short, now and then long, at least a second, at most ten times the mean.
    package mutating func pause(meanSeconds: Double) -> Int64 {
        Int64(min(max(1, -log(1 - unit()) * meanSeconds), 10 * meanSeconds) * 1000)
    }
}

/// Choices of unequal weight, in a row.
package struct Weighted: Sendable {
    /// The weight of each choice and all before it.
    private let sums: [Double]

    package init(_ weights: some Sequence<Double>) {
        var sum = 0.0
        sums = weights.map {
            sum += $0
            return sum
        }
    }

    package func pick(_ chance: inout Chance) -> Int { Int(place(ofShare: chance.unit())) }

    /// Where on the row `share` (0 to 1) of the weight lies below: 2.5 is half of the third choice.
    package func place(ofShare share: Double) -> Double {
        let wanted = share * sum(sums.count)
        guard let index = sums.firstIndex(where: { wanted < $0 }) else { return Double(max(sums.count - 1, 0)) }
        return Double(index) + (wanted - sum(index)) / (sum(index + 1) - sum(index))
    }

    /// The share of the weight below a place on the row.
    package func share(before place: Double) -> Double {
        let whole = Int(min(max(place, 0), Double(sums.count)))
        let part = max(place - Double(whole), 0) * (sum(whole + 1) - sum(whole))
        return sums.isEmpty ? 0 : (sum(whole) + part) / sum(sums.count)
    }

    /// The weight of the first `count` choices.
    private func sum(_ count: Int) -> Double { count > 0 && !sums.isEmpty ? sums[min(count, sums.count) - 1] : 0 }
}
