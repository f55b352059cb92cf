// The live view and a visitor's journey, as JSON and as tables.
import Events
import JSON
import Reports

extension RealtimeReport {
    func write(_ o: inout JSONWriter) {
        o.member("visitors_now", visitorsNow)
        o.members("minutes", minutes) { row, minute in
            row.member("start", time: minute.start)
            row.member("events", minute.events)
            row.member("visitors", minute.visitors)
            row.member("activities", activities: minute.activities)
        }
        o.members("products", products) { row, product in
            row.member("product", product.product)
            row.member("name", product.name)
            row.member("views", product.views)
        }
        o.members("visitors", visitors) { row, visitor in
            row.member("visitor", visitor.visitor)
            row.member("last", time: visitor.last)
            row.member("event", visitor.kind.event)
            row.member("activity", visitor.kind.activity?.text)
            row.member("product", visitor.product)
            row.member("events", visitor.events)
            row.member("device", visitor.context.device)
            row.member("referrer", visitor.context.referrer)
            row.member("campaign", visitor.context.campaign)
        }
    }

    var table: Table {
        Table(
            columns: ["start", "events", "visitors"] + Activity.allCases.map(\.text),
            rows: minutes.map { minute in
                [.instant(minute.start), .integer(minute.events), .integer(minute.visitors)]
                    + minute.activities.map { .integer($0) }
            })
    }
}

extension JourneyReport {
    func write(_ o: inout JSONWriter) {
        o.member("visitor", visitor)
        o.member("users", texts: users)
        o.member("first", time: first)
        o.member("last", time: last)
        o.member("total", total)
        o.member("orders", orders)
        o.member("revenue", revenue)
        o.members("visits", visits) { row, visit in
            row.member("start", time: visit.start)
            row.member("end", time: visit.end)
            row.member("device", visit.device)
            row.member("referrer", visit.referrer)
            row.member("campaign", visit.campaign)
            var before: Int64?
            row.members("events", visit.events) { entry, event in
                entry.write(event)
                entry.member("since_ms", number: before.map { event.fact.time - $0 })
                before = event.fact.time
            }
        }
    }

    var table: Table {
        Table(
            columns: [
                "visit", "time", "type", "event", "activity", "product", "name", "query", "order", "amount", "currency",
            ],
            rows: visits.enumerated().flatMap { number, visit in
                visit.events.map { event -> [Cell] in
                    [
                        .integer(number + 1), .instant(event.fact.time), .text(event.fact.kind.type),
                        .text(event.fact.kind.event), .text(event.fact.kind.activity?.text),
                        .text(event.fact.lines.first?.product), .text(event.fact.lines.first?.name),
                        .text(event.fact.search?.term), .text(event.fact.order?.id),
                        .money(event.fact.order?.revenue), .text(event.fact.order?.currency),
                    ]
                }
            })
    }
}
