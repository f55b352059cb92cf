// Every report as docs/reports-api.md says it, plainly and slowly, over a list of events: what the fast ones are held
// against. Shares no code with them but the values.
import Events
import Reports
import Rollups

enum Reference {
    /// User to the `a:` it was last seen with.
    static func people(_ facts: [Fact]) -> [String: String] {
        var last: [String: (Int64, String)] = [:]
        for fact in facts where !fact.context.isRobot {
            guard let user = fact.user, let visitor = fact.visitor else { continue }
            let key = "u:" + user
            if last[key].map({ (fact.time, visitor) > $0 }) ?? true { last[key] = (fact.time, visitor) }
        }
        return last.mapValues(\.1)
    }

    /// Events in order, robots left out, visitors as they are counted, referrer and campaign carried over a day.
    static func prepared(_ facts: [Fact]) -> [Fact] {
        let people = people(facts)
        var events = facts.filter { !$0.context.isRobot }.sorted(by: Fact.precedes)
        for index in events.indices {
            if let visitor = events[index].visitor { events[index].visitor = people[visitor] ?? visitor }
        }
        for index in events.indices {
            guard let visitor = events[index].visitor else { continue }
            let day = Zone.day(of: events[index].time)
            let earlier =
                facts.isEmpty
                ? []
                : events[...index].filter {
                    $0.visitor == visitor && Zone.day(of: $0.time) == day
                }
            events[index].context.referrer = earlier.last { $0.context.referrer != nil }?.context.referrer
            events[index].context.campaign = earlier.last { $0.context.campaign != nil }?.context.campaign
        }
        return events
    }

    static func admitted(_ events: [Fact], _ filters: Filters) -> [Fact] {
        func fits(_ wanted: [String], _ value: String?) -> Bool { wanted.isEmpty || wanted.contains(value ?? "(none)") }
        return events.filter { event in
            fits(filters.devices, event.context.device) && fits(filters.referrers, event.context.referrer)
                && fits(filters.campaigns, event.context.campaign)
                && (filters.isSignedIn == nil || filters.isSignedIn == event.context.isSignedIn)
                && (filters.products.isEmpty
                    || event.lines.contains { filters.products.contains($0.product) }
                    || event.lines.isEmpty && filters.products.contains("(none)"))
        }
    }

    static func visitors(_ events: [Fact]) -> Int { Set(events.compactMap(\.visitor)).count }

    /// Each distinct order's first event; of one time the one with the largest amount.
    static func orders(_ events: [Fact]) -> [Fact] {
        var kept: [String: Fact] = [:]
        for event in events {
            guard let order = event.order else { continue }
            guard let held = kept[order.id] else {
                kept[order.id] = event
                continue
            }
            guard held.time == event.time, let mine = event.order, let theirs = held.order else { continue }
            let (a, b) = (mine.revenue?.units ?? .min, theirs.revenue?.units ?? .min)
            if a > b || a == b && (mine.currency ?? "") < (theirs.currency ?? "") { kept[order.id] = event }
        }
        return Array(kept.values)
    }

    static func revenue(_ orders: [Fact]) -> Revenue {
        var revenue = Revenue()
        for order in orders { if let amount = order.order?.revenue { revenue.add(amount, order.order?.currency) } }
        return revenue
    }

    // MARK: Funnel

    struct Chain: Equatable {
        var times: [Int64] = []
        var value: String?
        var isInProgress = false
    }

    /// Tries every start, and follows each as far as it goes.
    static func chain(_ events: [Fact], _ period: Period, _ query: FunnelQuery, now: Int64) -> Chain {
        func steps(_ event: Fact) -> [Int] {
            query.steps.indices.filter { index in
                switch query.steps[index] {
                case .activity(let activity): event.kind.activity == activity
                case .event(let name): event.kind.event == name
                }
            }
        }
        let ordered = events.enumerated().sorted { a, b in
            if a.element.time != b.element.time { return a.element.time < b.element.time }
            let (x, y) = (steps(a.element).first ?? 99, steps(b.element).first ?? 99)
            return x != y ? x < y : a.offset < b.offset
        }.map(\.element)
        var chains: [(times: [Int64], end: Int, start: Int, isAlive: Bool)] = []
        for (start, first) in ordered.enumerated() {
            guard steps(first).contains(0), first.time >= period.start, first.time < period.end else { continue }
            var times = [first.time]
            var end = start
            var isAlive = true
            for index in (start + 1)..<max(ordered.count, start + 1) where times.count < query.steps.count {
                let event = ordered[index]
                let isInWindow = query.window.map { event.time - first.time <= $0 } ?? true
                if steps(event).contains(times.count), isInWindow {
                    times.append(event.time)
                    end = index
                } else if query.mode == .strict, !steps(event).contains(times.count - 1) {
                    isAlive = false
                    break
                }
            }
            chains.append((times, end, start, isAlive))
        }
        guard let most = chains.map(\.times.count).max() else { return Chain() }
        let longest = chains.filter { $0.times.count == most }
        // Began last by the clock; of two that began in one millisecond the first.
        let best = longest.min { ($0.end, -$0.times[0], $0.start) < ($1.end, -$1.times[0], $1.start) }
        var chain = Chain(times: best?.times ?? [])
        if let best {
            let first = ordered[best.start]
            switch query.breakdown {
            case .device: chain.value = first.context.device
            case .referrer: chain.value = first.context.referrer
            case .campaign: chain.value = first.context.campaign
            case .signedIn: chain.value = first.context.isSignedIn ? "true" : "false"
            case nil: break
            }
        }
        if most < query.steps.count, let window = query.window {
            chain.isInProgress = longest.contains { $0.isAlive && $0.times[0] + window > now }
        }
        return chain
    }
}
