// Nearest-rank percentiles of values in any order.

/// The value that `percent` of them (1 to 100) reach at most; nil of none. Puts the values into another order.
func percentile(_ values: UnsafeMutableBufferPointer<Int64>, _ percent: Int) -> Int64? {
    guard let base = values.baseAddress, !values.isEmpty else { return nil }
    return selected(base, values.count, max(0, (values.count * percent + 99) / 100 - 1))
}

func percentile(_ values: [Int64], _ percent: Int) -> Int64? {
    var values = values
    return values.withUnsafeMutableBufferPointer { percentile($0, percent) }
}

/// What would stand at `place` if the values were sorted (Hoare's selection: time grows with their number). The pivot is
/// the middle one of three, so that sorted values take no longer.
private func selected(_ values: UnsafeMutablePointer<Int64>, _ count: Int, _ place: Int) -> Int64 {
    var (low, high) = (0, count - 1)
    while low < high {
        let (first, middle, last) = (values[low], values[(low + high) / 2], values[high])
        let pivot = max(min(first, middle), min(max(first, middle), last))
        var (left, right) = (low, high)
        while left <= right {
            while values[left] < pivot { left += 1 }
            while values[right] > pivot { right -= 1 }
            guard left <= right else { break }
            (values[left], values[right]) = (values[right], values[left])
            left += 1
            right -= 1
        }
        if place <= right {
            high = right
        } else if place >= left {
            low = left
        } else {
            break
        }
    }
    return values[place]
}
