// Products, searches, wishlist, values and retention, as JSON and as tables.
import JSON
import Reports

extension ProductsReport {
    func write(_ o: inout JSONWriter) {
        o.member("total", total)
        o.members("products", products) { row, product in
            row.member("product", product.product)
            row.member("name", product.name)
            row.member("views", product.views)
            row.member("adds", product.adds)
            row.member("removes", product.removes)
            row.member("rate", rate: product.rate)
            row.member("wishlists", product.wishlists)
            row.member("orders", product.orders)
            row.member("revenue", product.revenue)
            row.member("corner", product.corner?.rawValue)
        }
        o.member("median_views", number: medianViews.map(Int64.init))
        o.member("median_rate", rate: medianRate)
    }

    var table: Table {
        let money = MoneyColumns(products.map(\.revenue))
        return Table(
            columns: ["product", "name", "views", "adds", "removes", "rate", "wishlists", "orders"] + money.names
                + ["corner"],
            rows: products.map { product in
                [
                    .text(product.product), .text(product.name), .integer(product.views), .integer(product.adds),
                    .integer(product.removes), .double(product.rate), .integer(product.wishlists),
                    .integer(product.orders),
                ] + money.cells(product.revenue) + [.text(product.corner?.rawValue)]
            })
    }
}

extension SearchesReport {
    func write(_ o: inout JSONWriter) {
        writeSums(&o)
        o.members("terms", terms) { row, term in
            row.member("term", term.term)
            row.member("searches", term.searches)
            row.member("without_results", term.withoutResults)
            row.member("visitors", term.visitors)
            row.member("viewed", term.viewed)
            row.member("added", term.added)
            row.member("ordered", term.ordered)
        }
        o.members("empty_terms", emptyTerms) { row, term in
            row.member("term", term.term)
            row.member("searches", term.searches)
            row.member("without_results", term.withoutResults)
            row.member("visitors", term.visitors)
        }
    }

    func writeSums(_ o: inout JSONWriter) {
        o.member("searches", searches)
        o.member("without_results", withoutResults)
        o.member("share_without_results", rate: shareWithoutResults)
        o.member("visitors", visitors)
        o.member("total", total)
    }

    var table: Table {
        Table(
            columns: ["term", "searches", "without_results", "visitors", "viewed", "added", "ordered"],
            rows: terms.map {
                [
                    .text($0.term), .integer($0.searches), .integer($0.withoutResults), .integer($0.visitors),
                    .integer($0.viewed), .integer($0.added), .integer($0.ordered),
                ]
            })
    }
}

extension WishlistReport {
    func write(_ o: inout JSONWriter) {
        writeSums(&o)
        o.members("products", products) { row, product in
            row.member("product", product.product)
            row.member("name", product.name)
            row.member("added", product.added)
            row.member("visitors", product.visitors)
            row.member("moved", product.moved)
            row.member("rate", rate: product.rate)
            row.member("median_ms", number: product.median)
        }
        o.members("times", times.enumerated()) { row, entry in
            row.member(
                "up_to_ms",
                number: entry.offset < WishlistReport.bounds.count ? WishlistReport.bounds[entry.offset] : nil)
            row.member("moved", entry.element)
        }
    }

    func writeSums(_ o: inout JSONWriter) {
        o.member("added", added)
        o.member("wishes", wishes)
        o.member("moved", moved)
        o.member("rate", rate: rate)
        o.member("median_ms", number: median)
        o.member("total", total)
    }

    var table: Table {
        Table(
            columns: ["product", "name", "added", "visitors", "moved", "rate", "median_ms"],
            rows: products.map {
                [
                    .text($0.product), .text($0.name), .integer($0.added), .integer($0.visitors), .integer($0.moved),
                    .double($0.rate), .integer($0.median.map(Int.init)),
                ]
            })
    }
}

extension RetentionReport {
    func write(_ o: inout JSONWriter) {
        o.members("weeks", weeks) { row, week in
            row.member("week", week.monday.text)
            row.member("visitors", week.returned.first ?? 0)
            row.key("returned")
            row.array { for count in week.returned { $0.integer(count) } }
            row.member("complete", week.isComplete)
        }
        o.key("average")
        o.array { list in
            for share in average {
                if let share { list.double((share * 1e6).rounded() / 1e6) } else { list.null() }
            }
        }
    }

    var table: Table {
        Table(
            columns: ["week", "visitors"] + weeks.indices.dropFirst().map { "week_\($0)" },
            rows: weeks.map { week in
                [.text(week.monday.text), .integer(week.returned.first ?? 0)]
                    + weeks.indices.dropFirst().map {
                        .integer($0 < week.returned.count ? week.returned[$0] : nil)
                    }
            })
    }
}

extension ValuesReport {
    func write(_ o: inout JSONWriter) {
        o.member("of", kind.rawValue)
        o.members("values", values) { row, value in
            row.member("value", value.value)
            row.member("events", value.events)
            row.member("name", value.name)
        }
    }
}
