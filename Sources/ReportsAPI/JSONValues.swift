// The parts that answers share, as docs/reports-api.md writes them.
import Events
import JSON
import Reports
import Rollups

extension JSONWriter {
    mutating func member(_ name: String, time: Int64?) {
        key(name)
        if let time { string(Instant.text(time)) } else { null() }
    }

    mutating func member(_ name: String, number: Int64?) {
        key(name)
        if let number { integer(number) } else { null() }
    }

    /// A share, to six places; null where there is none.
    mutating func member(_ name: String, rate: Double?) {
        key(name)
        if let rate { double((rate * 1e6).rounded() / 1e6) } else { null() }
    }

    mutating func member(_ name: String, money: Money?) {
        key(name)
        if let money { raw(money.text.utf8) } else { null() }
    }

    mutating func member(_ name: String, _ revenue: Revenue) {
        key(name)
        array { list in
            for entry in revenue.sorted {
                list.object {
                    $0.member("currency", entry.currency)
                    $0.member("amount", money: entry.amount)
                }
            }
        }
    }

    /// By `Activity.rawValue`.
    mutating func member(_ name: String, activities: [Int]) {
        key(name)
        object { for activity in Activity.allCases { $0.member(activity.text, activities[Int(activity.rawValue)]) } }
    }

    mutating func member(_ name: String, texts: [String]) {
        key(name)
        array { for text in texts { $0.string(text) } }
    }

    mutating func members<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        array { list in for element in elements { list.object { body(&$0, element) } } }
    }

    mutating func member(_ name: String, _ period: Period, updated: Int64) {
        key(name)
        object {
            $0.member("from", period.from.text)
            $0.member("to", period.to.text)
            $0.member("start", time: period.start)
            $0.member("end", time: period.end)
            $0.member("timezone", Zone.name)
            $0.member("days", period.dayCount)
            $0.member("complete", period.end <= updated)
        }
    }

    mutating func member(_ name: String, _ filters: Filters) {
        key(name)
        object {
            $0.member("device", texts: filters.devices)
            $0.member("referrer", texts: filters.referrers)
            $0.member("campaign", texts: filters.campaigns)
            $0.member("product", texts: filters.products)
            $0.key("signed_in")
            if let isSignedIn = filters.isSignedIn { $0.bool(isSignedIn) } else { $0.null() }
        }
    }

    /// An event's members.
    mutating func write(_ event: EventSummary) {
        let fact = event.fact
        member("id", event.id)
        member("time", time: fact.time)
        member("received", time: event.received)
        member("type", fact.kind.type)
        member("event", fact.kind.event)
        member("activity", fact.kind.activity?.text)
        member("visitor", fact.visitor)
        member("product", fact.lines.first?.product)
        member("name", fact.lines.first?.name)
        member("query", fact.search?.term)
        key("results")
        if let hasResults = fact.search?.hasResults { bool(hasResults) } else { null() }
        member("order", fact.order?.id)
        member("amount", money: fact.order?.revenue)
        member("currency", fact.order?.currency)
    }
}
