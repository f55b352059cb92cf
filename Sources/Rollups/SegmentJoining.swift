// A segment with visitors renamed, and those that become one put together: how a `u:` is counted as an `a:`.
extension Segment {
    /// Each visitor once, as `renamed` calls it, its rows in time's order. Leaves out `visitorNames`.
    public func joined(_ renamed: (VisitorID) -> VisitorID) -> Segment {
        var runsOf: [VisitorID: [Int]] = [:]
        var starts = [Int](repeating: 0, count: runs.count)
        var row = 0
        var order: [VisitorID] = []
        for (run, count) in runs.enumerated() {
            starts[run] = row
            row += Int(count)
            let id = renamed(visitors[run])
            if runsOf[id] == nil { order.append(id) }
            runsOf[id, default: []].append(run)
        }
        let ties = SegmentTies(self)
        var rows: [UInt32] = []
        rows.reserveCapacity(rowCount)
        var joined = self
        joined.visitors = order
        joined.visitorNames = []
        joined.runs = order.map { id in
            let first = rows.count
            let parts = runsOf[id] ?? []
            for run in parts { rows.append(contentsOf: UInt32(starts[run])..<UInt32(starts[run]) + runs[run]) }
            if parts.count > 1 {
                rows[first...].sort {
                    times[Int($0)] != times[Int($1)] ? times[Int($0)] < times[Int($1)] : ties.precedes($0, $1)
                }
            }
            return UInt32(rows.count - first)
        }
        rows.append(contentsOf: UInt32(row)..<UInt32(rowCount))
        joined.reorder(rows)
        return joined
    }
}
