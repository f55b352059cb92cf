// /api/overview and overview.csv.
import Events
import JSON
import Reports

struct OverviewAnswer {
    let report: OverviewReport
    let before: OverviewReport?
    let gaining: [(product: ProductsReport.Product, before: Int)]
    let withoutResults: [SearchesReport.Term]
    let drop: Drop?
    let updated: Int64

    /// The step whose share of visitors that went on fell most.
    struct Drop {
        let from: FunnelStep
        let to: FunnelStep
        let rate: Double
        let before: Double

        init?(_ now: FunnelReport, _ before: FunnelReport) {
            var worst: (step: Int, change: Double)?
            for step in 1..<max(now.steps.count, 1) {
                guard now.steps[step - 1].visitors > 0, before.steps[step - 1].visitors > 0 else { continue }
                let change = Drop.share(now, step) - Drop.share(before, step)
                if change < 0, change < worst?.change ?? 0 { worst = (step, change) }
            }
            guard let step = worst?.step else { return nil }
            from = now.steps[step - 1].step
            to = now.steps[step].step
            rate = Drop.share(now, step)
            self.before = Drop.share(before, step)
        }

        private static func share(_ report: FunnelReport, _ step: Int) -> Double {
            Double(report.steps[step].visitors) / Double(report.steps[step - 1].visitors)
        }
    }

    /// Of the report alone.
    init(_ report: OverviewReport, updated: Int64) {
        self.report = report
        (before, gaining, withoutResults, drop) = (nil, [], [], nil)
        self.updated = updated
    }

    init(_ own: OverviewBundle, before: OverviewBundle?, updated: Int64) {
        report = own.overview
        self.before = before?.overview
        self.updated = updated
        withoutResults = own.searches.terms.filter { $0.withoutResults > 0 }
        drop = own.funnel.flatMap { now in before?.funnel.flatMap { Drop(now, $0) } }
        guard let before else {
            gaining = []
            return
        }
        let then = Dictionary(before.products.map { ($0.product, $0.views) }, uniquingKeysWith: { first, _ in first })
        let risen = own.products.lazy.map { (product: $0, before: then[$0.product] ?? 0) }.filter {
            $0.product.views > $0.before
        }
        gaining = Array(
            risen.sorted { a, b in
                let (x, y) = (a.product.views - a.before, b.product.views - b.before)
                return x != y ? x > y : a.product.product < b.product.product
            }.prefix(5))
    }

    func write(_ o: inout JSONWriter) {
        write(report, &o)
        o.members("gaining", gaining) { row, entry in
            row.member("product", entry.product.product)
            row.member("name", entry.product.name)
            row.member("views", entry.product.views)
            row.member("views_before", entry.before)
            row.member("change", entry.product.views - entry.before)
        }
        o.members("without_results", withoutResults) { row, term in
            row.member("term", term.term)
            row.member("searches", term.searches)
            row.member("without_results", term.withoutResults)
        }
        o.key("drop")
        if let drop {
            o.object {
                $0.member("from", drop.from.text)
                $0.member("to", drop.to.text)
                $0.member("rate", rate: drop.rate)
                $0.member("rate_before", rate: drop.before)
                $0.member("change", rate: drop.rate - drop.before)
            }
        } else {
            o.null()
        }
        o.key("before")
        guard let before else { return o.null() }
        o.object {
            $0.member("period", before.period, updated: updated)
            write(before, &$0)
        }
    }

    private func write(_ report: OverviewReport, _ o: inout JSONWriter) {
        o.member("visitors", report.visitors)
        o.member("events", report.events)
        o.member("activities", activities: report.activities)
        o.member("visitors_of", activities: report.visitorsOf)
        o.member("orders", report.orders)
        o.member("conversion", rate: report.conversion)
        o.member("revenue", report.revenue)
        o.members("days", report.days.enumerated()) { row, day in
            row.member("date", report.period.day(day.offset).text)
            write(day.element, &row)
        }
        o.members("hours", report.hours) { row, hour in
            row.member("start", time: hour.start)
            write(hour, &row)
        }
    }

    private func write(_ span: OverviewReport.Span, _ o: inout JSONWriter) {
        o.member("visitors", span.visitors)
        o.member("events", span.events)
        o.member("activities", activities: span.activities)
        o.member("orders", span.orders)
        o.member("revenue", span.revenue)
        o.member("complete", span.end <= updated)
    }

    var table: Table {
        let money = MoneyColumns(report.days.map(\.revenue))
        var table = Table(
            columns: ["date", "visitors", "events"] + Activity.allCases.map(\.text) + ["orders"] + money.names)
        for (index, day) in report.days.enumerated() {
            table.rows.append(
                [.text(report.period.day(index).text), .integer(day.visitors), .integer(day.events)]
                    + day.activities.map { .integer($0) } + [.integer(day.orders)] + money.cells(day.revenue))
        }
        return table
    }
}
