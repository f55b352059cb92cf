// /api/funnel, /api/visitors, funnel.csv, segments.csv, visitors.csv.
import JSON
import Reports

extension FunnelReport {
    func write(_ o: inout JSONWriter) {
        o.member("mode", query.mode.rawValue)
        o.member("window", query.windowText)
        o.member("window_ms", number: query.window)
        o.member("breakdown", query.breakdown?.rawValue)
        writeNumbers(&o)
        o.members("segments", segments) { row, segment in
            row.member("value", segment.value)
            row.key("visitors")
            row.array { for count in segment.visitors { $0.integer(count) } }
            row.member("conversion", rate: FunnelReport.share(segment.visitors.last, segment.visitors.first))
        }
    }

    func writeNumbers(_ o: inout JSONWriter) {
        o.member("visitors", visitors)
        o.member("conversion", rate: conversion)
        o.members("steps", steps.enumerated()) { row, step in
            row.member("step", step.element.step.text)
            row.member("visitors", step.element.visitors)
            row.member("rate", rate: rate(step.offset))
            row.member("of_first", rate: FunnelReport.share(step.element.visitors, visitors))
            row.member("went_on", step.element.wentOn)
            row.member("in_progress", step.element.inProgress)
            row.member("left", step.element.left)
            row.member("median_ms", number: step.element.median)
            row.member("p90_ms", number: step.element.p90)
        }
    }

    /// Of the step before; of itself for the first.
    private func rate(_ step: Int) -> Double? {
        FunnelReport.share(steps[step].visitors, steps[max(0, step - 1)].visitors)
    }

    private static func share(_ part: Int?, _ whole: Int?) -> Double? {
        guard let part, let whole, whole > 0 else { return nil }
        return Double(part) / Double(whole)
    }

    var table: Table {
        Table(
            columns: [
                "step", "visitors", "rate", "of_first", "went_on", "in_progress", "left", "median_ms", "p90_ms",
            ],
            rows: steps.enumerated().map { index, step in
                [
                    .text(step.step.text), .integer(step.visitors), .double(rate(index)),
                    .double(FunnelReport.share(step.visitors, visitors)), .integer(step.wentOn),
                    .integer(step.inProgress), .integer(step.left), .integer(step.median.map(Int.init)),
                    .integer(step.p90.map(Int.init)),
                ]
            })
    }

    var segmentTable: Table {
        Table(
            columns: ["value"] + steps.map(\.step.text),
            rows: segments.map { segment in
                [.text(segment.value ?? Filters.none)] + segment.visitors.map { .integer($0) }
            })
    }
}

extension FunnelPeople {
    func write(_ o: inout JSONWriter) {
        o.member("total", total)
        o.members("visitors", visitors) { row, visitor in
            row.member("visitor", visitor.visitor)
            row.member("began", time: visitor.began)
            row.member("last", time: visitor.last)
            row.member("steps", visitor.steps)
        }
    }

    var table: Table {
        Table(
            columns: ["visitor", "began", "last", "steps"],
            rows: visitors.map {
                [.text($0.visitor), .instant($0.began), .instant($0.last), .integer($0.steps)]
            })
    }
}
