// A segment with visitors renamed, and those that become one put together: how a `u:` is counted as an `a:`. Few are
// renamed, and fewer meet: what costs is kept to those.
extension Segment {
    /// Each visitor once, as `renamed` calls it, its rows in time's order. Whoever is renamed keeps the text of one of
    /// their ids, which leads to the same person. Visitors must be in their order.
    public func joined(_ renamed: (VisitorID) -> VisitorID) -> Segment {
        var joined = self
        var runsOf: [VisitorID: [Int]] = [:]
        for run in visitors.indices {
            let id = renamed(visitors[run])
            guard id != visitors[run] else { continue }
            joined.visitors[run] = id
            runsOf[id, default: []].append(run)
        }
        if runsOf.isEmpty { return self }
        for id in runsOf.keys { if let own = run(of: id) { runsOf[id]?.append(own) } }
        let groups = runsOf.values.filter { $0.count > 1 }.map { $0.sorted() }
        return groups.isEmpty ? joined : joined.together(groups)
    }

    /// Where `id` itself stands, before anybody was renamed.
    private func run(of id: VisitorID) -> Int? {
        var (low, high) = (0, visitors.count)
        while low < high {
            let middle = (low + high) / 2
            if visitors[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < visitors.count && visitors[low] == id ? low : nil
    }

    /// The runs of each group as one, where its first was.
    private func together(_ groups: [[Int]]) -> Segment {
        var groupOf: [Int: [Int]] = [:]
        for group in groups { for run in group { groupOf[run] = group } }
        var starts = [0]
        for count in runs { starts.append(starts[starts.count - 1] + Int(count)) }
        func rows(_ run: Int) -> Range<UInt32> { UInt32(starts[run])..<UInt32(starts[run + 1]) }
        var joined = self
        (joined.visitors, joined.visitorNames, joined.runs) = ([], [], [])
        var order: [UInt32] = []
        order.reserveCapacity(rowCount)
        var ties: SegmentTies?
        for run in runs.indices {
            let group = groupOf[run] ?? [run]
            if group[0] != run { continue }
            let first = order.count
            for run in group { order.append(contentsOf: rows(run)) }
            if group.count > 1 {
                order[first...].sort {
                    if times[Int($0)] != times[Int($1)] { return times[Int($0)] < times[Int($1)] }
                    let known = ties ?? SegmentTies(self)
                    ties = known
                    return known.precedes($0, $1)
                }
            }
            joined.visitors.append(visitors[run])
            if !visitorNames.isEmpty { joined.visitorNames.append(visitorNames[run]) }
            joined.runs.append(UInt32(order.count - first))
        }
        order.append(contentsOf: UInt32(starts[runs.count])..<UInt32(rowCount))
        joined.reorder(order)
        return joined
    }
}
