// Every report against the reference, over random histories, periods and filters.
import Events
import Linux
import Reports
import Rollups
import Testing

/// One case: a history, how it is rolled up, a period and filters.
struct Trial {
    let events: [Fact]
    let source: MemorySegments
    let period: Period
    let filters: Filters
    var random: Seeded

    init(_ seed: Int) throws {
        Zone.use("Europe/Berlin")
        random = Seeded(seed &* 31 &+ 7)
        let facts = RandomHistory.facts(seed)
        source = try MemorySegments(facts, &random)
        events = Reference.prepared(facts)
        let first = Zone.day(of: RandomHistory.start)
        if random.chance(60) {
            let from = first + Int.random(in: 0..<RandomHistory.days, using: &random)
            period = Period(from: from, to: from + Int.random(in: 0..<4, using: &random))
        } else {
            let start = RandomHistory.start + Int64.random(in: 0..<400_000_000, using: &random)
            period = Period(start: start, end: start + Int64.random(in: 1..<200_000_000, using: &random))
        }
        var filters = Filters()
        if random.chance(20) { filters.devices = [random.pick(["phone", "(none)"])] }
        if random.chance(20) { filters.referrers = ["google.com"] }
        if random.chance(20) { filters.campaigns = [random.pick(["spring", "(none)"])] }
        if random.chance(15) { filters.products = [random.pick(["p1", "(none)"])] }
        if random.chance(20) { filters.isSignedIn = random.chance(50) }
        self.filters = filters
    }

    /// Events that count, from the period's start to its end and `more` ms.
    func admitted(more: Int64 = 0) -> [Fact] {
        Reference.admitted(events, filters).filter { $0.time >= period.start && $0.time < period.end + more }
    }
}

@Suite("Reports agree with a plain reference", .serialized)
struct ReportsTests {
    static let seeds = Array(1...60)

    @Test("overview: visitors, activities, orders and revenue, in all and by day and hour", arguments: seeds)
    func overview(seed: Int) throws {
        let trial = try Trial(seed)
        let report = try OverviewReport.make(trial.source, trial.period, trial.filters)
        let events = trial.admitted()
        let orders = Reference.orders(events)
        #expect(report.visitors == Reference.visitors(events))
        #expect(report.events == events.count, "\(trial.filters)")
        for activity in Activity.allCases {
            let own = events.filter { $0.kind.activity == activity }
            #expect(report.activities[Int(activity.rawValue)] == own.count)
            #expect(report.visitorsOf[Int(activity.rawValue)] == Reference.visitors(own))
        }
        #expect(report.orders == orders.count)
        #expect(report.revenue == Reference.revenue(orders))
        #expect(report.days.count == trial.period.dayCount)
        #expect(report.days.reduce(0) { $0 + $1.events } == events.count)
        #expect(report.hours.isEmpty == (trial.period.dayCount > 3))
        if !report.hours.isEmpty { #expect(report.hours.reduce(0) { $0 + $1.events } == events.count) }
        for span in report.days + report.hours {
            let own = events.filter { $0.time >= span.start && $0.time < span.end }
            let ownOrders = orders.filter { $0.time >= span.start && $0.time < span.end }
            #expect(span.events == own.count)
            #expect(span.visitors == Reference.visitors(own))
            #expect(span.orders == ownOrders.count)
            #expect(span.revenue == Reference.revenue(ownOrders))
        }
    }

    @Test("funnel: steps, progress, times and breakdown, ordered and strict", arguments: Array(1...300))
    func funnel(seed: Int) throws {
        var trial = try Trial(seed)
        var query = FunnelQuery()
        let all: [FunnelStep] =
            Activity.allCases.map { .activity($0) } + [.event("Newsletter, joined"), .event("view_item")]
        query.steps = (0..<Int.random(in: 1...5, using: &trial.random)).map { _ in
            trial.random.pick(Array(all.prefix(trial.random.chance(50) ? 3 : 9)))
        }
        query.mode = trial.random.chance(40) ? .strict : .ordered
        query.window = trial.random.pick([nil, 1_800_000, 7_200_000, 86_400_000, 259_200_000])
        query.breakdown = trial.random.pick([nil, .device, .referrer, .campaign, .signedIn])
        let now = trial.period.start + Int64.random(in: 1..<400_000_000, using: &trial.random)
        let report = try FunnelReport.make(trial.source, trial.period, trial.filters, query, now: now)

        let end = min(query.window.map { trial.period.end + $0 } ?? .max, now + 1)
        let events = Reference.admitted(trial.events, trial.filters).filter {
            $0.time >= trial.period.start && $0.time < max(end, trial.period.end)
        }
        let chains = Dictionary(grouping: events.filter { $0.visitor != nil }) { $0.visitor ?? "" }.values.map {
            Reference.chain($0, trial.period, query, now: now)
        }.filter { !$0.times.isEmpty }
        #expect(report.steps.map(\.step) == query.steps)
        for (index, step) in report.steps.enumerated() {
            let reached = chains.filter { $0.times.count > index }
            #expect(step.visitors == reached.count, "step \(index) of \(query)")
            #expect(step.inProgress == chains.filter { $0.times.count == index + 1 && $0.isInProgress }.count)
            let took = index == 0 ? [] : reached.map { $0.times[index] - $0.times[index - 1] }.sorted()
            #expect(step.median == (took.isEmpty ? nil : took[(took.count + 1) / 2 - 1]), "\(query) \(trial.filters)")
            #expect(step.p90 == (took.isEmpty ? nil : took[(took.count * 90 + 99) / 100 - 1]))
            #expect(step.visitors == step.wentOn + step.inProgress + step.left)
        }
        guard query.breakdown != nil else { return }
        for segment in report.segments {
            let own = chains.filter { $0.value == segment.value }
            #expect(segment.visitors == query.steps.indices.map { step in own.filter { $0.times.count > step }.count })
        }
        #expect(report.segments.reduce(0) { $0 + $1.visitors[0] } == chains.count)
    }

    @Test("products: views, adds, wishes, orders, revenue", arguments: seeds)
    func products(seed: Int) throws {
        let trial = try Trial(seed)
        let report = try ProductsReport.make(
            trial.source, trial.period, trial.filters, Sort(column: "product", isFalling: false), limit: 100)
        let events = trial.admitted()
        func naming(_ product: String, _ activity: Activity) -> Int {
            events.filter { $0.kind.activity == activity && $0.lines.contains { $0.product == product } }.count
        }
        let known = Set(
            events.filter { event in
                event.kind.activity.map { [.viewProduct, .addToCart, .removeFromCart, .addToWishlist].contains($0) }
                    == true
            }.flatMap { $0.lines.map(\.product) })
        #expect(known.isSubset(of: report.products.map(\.product)))
        for product in report.products {
            #expect(product.views == naming(product.product, .viewProduct))
            #expect(product.adds == naming(product.product, .addToCart))
            #expect(product.removes == naming(product.product, .removeFromCart))
            #expect(product.wishlists == naming(product.product, .addToWishlist))
        }
        // Orders that are told twice in one millisecond are kept apart by more than the reference wants to know.
        let orders = Reference.orders(events)
        let ids = Dictionary(grouping: events.filter { $0.order != nil }) { "\($0.order?.id ?? "") \($0.time)" }
        guard ids.values.allSatisfy({ $0.count == 1 }) else { return }
        for product in report.products {
            let own = orders.filter { $0.lines.contains { $0.product == product.product } }
            #expect(product.orders == own.count)
            var revenue = Revenue()
            for order in own {
                for line in order.lines where line.product == product.product {
                    let amount = line.amount ?? (order.lines.count == 1 ? order.order?.revenue : nil)
                    if let amount { revenue.add(amount, order.order?.currency) }
                }
            }
            #expect(product.revenue == revenue)
        }
    }

    @Test("searches: terms, those without results, and what they led to", arguments: seeds)
    func searches(seed: Int) throws {
        let trial = try Trial(seed)
        let report = try SearchesReport.make(
            trial.source, trial.period, trial.filters, Sort(column: "term", isFalling: false), limit: 100)
        let events = trial.admitted(more: 1_800_000)
        var led: [String: [Activity: Int]] = [:]
        for (index, search) in events.enumerated() where search.search != nil && search.time < trial.period.end {
            guard let visitor = search.visitor, let term = search.search?.term else { continue }
            var done = Set<Activity>()
            for event in events[(index + 1)...] where event.visitor == visitor {
                if event.search != nil || event.time - search.time > 1_800_000 { break }
                if let activity = event.kind.activity { done.insert(activity) }
            }
            for activity in done { led[term, default: [:]][activity, default: 0] += 1 }
        }
        let counted = events.filter { $0.search != nil && $0.time < trial.period.end }
        let terms = Dictionary(grouping: counted) { $0.search?.term ?? "" }
        #expect(report.searches == counted.count)
        #expect(report.visitors == Reference.visitors(counted))
        #expect(report.total == terms.count)
        #expect(Set(report.terms.map(\.term)) == Set(terms.keys))
        for term in report.terms {
            let own = terms[term.term] ?? []
            #expect(term.searches == own.count)
            #expect(term.withoutResults == own.filter { $0.search?.hasResults == false }.count)
            #expect(term.visitors == Reference.visitors(own))
            #expect(term.viewed == led[term.term]?[.viewProduct] ?? 0)
            #expect(term.added == led[term.term]?[.addToCart] ?? 0)
            #expect(term.ordered == led[term.term]?[.order] ?? 0)
        }
    }

    @Test("wishlist: wishes, those put into the cart, and how long after", arguments: seeds)
    func wishlist(seed: Int) throws {
        let trial = try Trial(seed)
        let now = RandomHistory.start + 30 * 86_400_000
        let report = try WishlistReport.make(
            trial.source, trial.period, trial.filters, Sort(column: "product", isFalling: false), limit: 100, now: now)
        let events = trial.admitted(more: 20 * 86_400_000)
        var wishes: [String: [String: Int64?]] = [:]
        for (index, wish) in events.enumerated()
        where wish.kind.activity == .addToWishlist && wish.time < trial.period.end {
            guard let visitor = wish.visitor else { continue }
            for line in wish.lines where wishes[line.product]?[visitor] == nil {
                let add = events[(index + 1)...].first {
                    $0.visitor == visitor && $0.kind.activity == .addToCart
                        && $0.lines.contains { $0.product == line.product }
                }
                wishes[line.product, default: [:]][visitor] = .some(add.map { $0.time - wish.time })
            }
        }
        // Those that only nobodies wished for are among them too.
        #expect(Set(wishes.keys).isSubset(of: report.products.map(\.product)))
        for product in report.products {
            let own = wishes[product.product] ?? [:]
            let took = own.values.compactMap { $0 }.sorted()
            #expect(product.visitors == own.count)
            #expect(product.moved == took.count)
            #expect(product.median == (took.isEmpty ? nil : took[(took.count + 1) / 2 - 1]))
        }
        #expect(report.wishes == wishes.values.reduce(0) { $0 + $1.count })
        #expect(report.moved == wishes.values.reduce(0) { $0 + $1.values.count { $0 != nil } })
        #expect(report.times.reduce(0, +) == report.moved)
    }

    @Test("retention: who came again, by week", arguments: seeds)
    func retention(seed: Int) throws {
        let trial = try Trial(seed)
        let report = try RetentionReport.make(
            trial.source, trial.period, trial.filters, updated: RandomHistory.start + 60 * 86_400_000)
        let weeks = Dictionary(grouping: trial.admitted().filter { $0.visitor != nil }) { $0.visitor ?? "" }.mapValues {
            Set($0.map { Zone.day(of: $0.time) + -Zone.day(of: $0.time).weekday })
        }
        let mondays = (0..<trial.period.dayCount).map { trial.period.day($0) + -trial.period.day($0).weekday }
        #expect(report.weeks.map(\.monday) == Set(mondays).sorted())
        for (index, week) in report.weeks.enumerated() {
            let cohort = weeks.values.filter { $0.min() == week.monday }
            #expect(week.returned.count == report.weeks.count - index)
            for (offset, count) in week.returned.enumerated() {
                #expect(count == cohort.filter { $0.contains(week.monday + 7 * offset) }.count)
            }
        }
    }

    @Test("the last 30 minutes: events and visitors of each, and who is there now", arguments: seeds)
    func realtime(seed: Int) throws {
        var trial = try Trial(seed)
        let now =
            RandomHistory.start + Int64.random(in: 3_600_000..<400_000_000, using: &trial.random) / 1_800_000
            * 1_800_000 + 60_500
        let report = try RealtimeReport.make(trial.source, trial.filters, now: now)
        let events = Reference.admitted(trial.events, trial.filters)
        // The running one stands behind them.
        let first = now - now % 60_000 - 30 * 60_000
        let starts = (0...30).map { first + Int64($0) * 60_000 }
        #expect(report.minutes.map(\.start) == starts)
        for minute in report.minutes {
            let own = events.filter { $0.time >= minute.start && $0.time < minute.start + 60_000 }
            #expect(minute.events == own.count)
            #expect(minute.visitors == Reference.visitors(own))
        }
        let here = events.filter { $0.time >= now - 300_000 && $0.time < now - now % 60_000 + 60_000 }
        #expect(report.visitorsNow == Reference.visitors(here))
        #expect(report.visitors.count == min(50, report.visitorsNow))
        // Also who is counted under another id has a name that leads to a journey.
        #expect(report.visitors.allSatisfy { !$0.visitor.isEmpty })
    }
}
