// What some rows of a segment have beside the columns: an order, a search, several products. Rows are asked for in their
// order; `at` is the walk's place among what is asked for.
import Rollups

extension Segment {
    func order(of row: Row, _ at: inout Int) -> Order? {
        while at < orders.count, orders[at].row < row.row { at += 1 }
        return at < orders.count && orders[at].row == row.row ? orders[at] : nil
    }

    func search(of row: Row, _ at: inout Int) -> Search? {
        while at < searches.count, searches[at].row < row.row { at += 1 }
        return at < searches.count && searches[at].row == row.row ? searches[at] : nil
    }

    /// Gives each product of a row, with its amount where it has one, and how many products there are.
    @inline(__always)
    func forEachLine(of row: Row, _ at: inout Int, _ body: (_ product: Int, _ amount: Money?, _ count: Int) -> Void) {
        while at < lines.count, lines[at].row < row.row { at += 1 }
        var end = at
        while end < lines.count, lines[end].row == row.row { end += 1 }
        if end > at {
            for line in lines[at..<end] { body(Int(line.product), line.amount, end - at) }
            return
        }
        let product = products[Int(row.row)]
        if product > 0 { body(Int(product) - 1, nil, 1) }
    }
}
