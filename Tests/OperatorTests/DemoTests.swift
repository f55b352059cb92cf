// The simulated shoppers: that they are believable, and that none does the impossible. All from a seed, so that a
// figure here is the same in every run.
import Events
import JSON
import Operator
import Testing

/// Monday 2026-11-23, 15:00 UTC.
private let now: Int64 = 1_795_446_000_000
private let today = Int(now / Rhythm.dayMilliseconds)

/// The visits of a past of eight weeks.
private func somePast(seed: UInt64 = 7, events: Int? = 120_000) -> [Visit] {
    var crowd = Crowd(seed: seed)
    var history = History(days: 56, events: events, until: now)
    var visits: [Visit] = []
    while let day = history.next(&crowd) { visits += day.visits }
    return visits
}

private struct Counts {
    var views = 0
    var adds = 0
    var removals = 0
    var wishes = 0
    var searches = 0
    var searchesWithout = 0
    var checkouts = 0
    var orders = 0
    var signIns = 0
    var viewed = [Int](repeating: 0, count: Catalogue.products.count)
    var added = [Int](repeating: 0, count: Catalogue.products.count)

    init(_ visits: [Visit]) {
        for step in visits.flatMap(\.steps) {
            switch step.action {
            case .land: break
            case .search(let query):
                searches += 1
                if Catalogue.results(ofQuery: query).isEmpty { searchesWithout += 1 }
            case .view(let product):
                views += 1
                viewed[product] += 1
            case .wish: wishes += 1
            case .add(let product, _):
                adds += 1
                added[product] += 1
            case .remove: removals += 1
            case .checkOut: checkouts += 1
            case .signIn: signIns += 1
            case .order: orders += 1
            }
        }
    }
}

@Suite("Demo: shoppers") struct ShopperTests {
    @Test("nobody removes what is not there, checks out an empty cart, or orders without a checkout")
    func possible() {
        var carts: [Int: Cart] = [:]
        var wishes: [Int: Set<Int>] = [:]
        for visit in somePast() {
            var last = Int64.min
            var viewed: Int?
            var isAtCheckout = false
            var wasSignedIn = false
            for step in visit.steps {
                #expect(step.at >= last)
                last = step.at
                // Nobody is forgotten within a visit.
                #expect(step.isSignedIn || !wasSignedIn)
                wasSignedIn = step.isSignedIn
                var cart = carts[visit.shopper] ?? Cart()
                switch step.action {
                case .land, .search: break
                case .view(let product): viewed = product
                case .wish(let product):
                    #expect(viewed == product && wishes[visit.shopper, default: []].insert(product).inserted)
                case .add(let product, let quantity):
                    #expect(viewed == product && quantity >= 1)
                    wishes[visit.shopper]?.remove(product)
                    cart.add(product, quantity)
                case .remove(let product, let quantity): #expect(cart.remove(product)?.quantity == quantity)
                case .checkOut(let shown):
                    #expect(!shown.isEmpty && shown == cart)
                    isAtCheckout = true
                case .signIn: #expect(step.isSignedIn)
                case .order(let order):
                    #expect(isAtCheckout && order.cart == cart && order.revenue > 0)
                    cart = Cart()
                }
                carts[visit.shopper] = cart
            }
        }
    }

    @Test("most look, some add, fewer check out, fewer still order; some leave at once")
    func funnel() {
        let visits = somePast()
        let counts = Counts(visits)
        #expect(counts.adds * 10 > counts.views && counts.adds * 4 < counts.views)
        #expect(counts.checkouts * 6 > counts.adds && counts.checkouts * 2 < counts.adds)
        #expect(counts.orders * 3 > counts.checkouts && counts.orders * 4 < counts.checkouts * 3)
        #expect(counts.removals * 20 > counts.adds && counts.removals * 5 < counts.adds)
        let share = Double(counts.orders) / Double(visits.count)
        #expect(share > 0.015 && share < 0.05, "\(share) of visits end with an order")
        let atOnce = Double(visits.count { $0.steps.count == 1 }) / Double(visits.count)
        #expect(atOnce > 0.3 && atOnce < 0.6, "\(atOnce) leave at once")
    }

    @Test("some products are seen often and seldom added, some seldom seen and often added")
    func products() {
        let counts = Counts(somePast())
        let rates = zip(counts.added, counts.viewed).map { Double($0) / Double($1) }
        let mostSeen = counts.viewed.indices.sorted { counts.viewed[$0] > counts.viewed[$1] }
        let usual = Double(counts.adds) / Double(counts.views)
        #expect(mostSeen.prefix(3).contains { rates[$0] < usual / 2 })
        #expect(mostSeen.suffix(3).contains { rates[$0] > usual * 1.5 })
        #expect(counts.viewed[mostSeen[0]] > 5 * counts.viewed[mostSeen[mostSeen.count - 1]])
    }

    @Test("a tenth to a third of searches find nothing, and results are what the catalogue has")
    func searches() {
        let counts = Counts(somePast())
        let without = Double(counts.searchesWithout) / Double(counts.searches)
        #expect(without > 0.1 && without < 0.33, "\(without)")
        for (index, query) in Catalogue.queries.enumerated() {
            #expect(Set(Catalogue.results(ofQuery: index)).count == Catalogue.results(ofQuery: index).count)
            if query.text == "mirror" { #expect(Catalogue.results(ofQuery: index).isEmpty) }
        }
        #expect(Catalogue.queries.indices.contains { Catalogue.results(ofQuery: $0).count > 2 })
    }

    @Test("a quarter to a half of visits are by people known before; wishes become carts, mostly days later")
    func returning() {
        let visits = somePast().sorted { ($0.steps.first?.at ?? 0) < ($1.steps.first?.at ?? 0) }
        let back = Double(visits.count { $0.number > 1 }) / Double(visits.count)
        #expect(back > 0.25 && back < 0.5, "\(back)")
        var wished: [Int: [Int: Int64]] = [:]
        var days: [Double] = []
        var wishes = 0
        for visit in visits {
            for step in visit.steps {
                if case .wish(let product) = step.action {
                    wishes += 1
                    wished[visit.shopper, default: [:]][product] = step.at
                }
                if case .add(let product, _) = step.action, let at = wished[visit.shopper]?.removeValue(forKey: product)
                {
                    days.append(Double(step.at - at) / Double(Rhythm.dayMilliseconds))
                }
            }
        }
        #expect(days.count * 10 > wishes * 2 && days.count * 10 < wishes * 6)
        #expect(days.sorted()[days.count / 2] > 2)
    }

    @Test("people sign in half-way, and stay the same visitor")
    func signIn() throws {
        let visits = somePast()
        let halfWay = visits.filter { $0.steps.first?.isSignedIn == false && $0.steps.last?.isSignedIn == true }
        let atOnce = visits.count { $0.steps.first?.isSignedIn == true }
        #expect(halfWay.count * 100 > visits.count && atOnce * 100 > visits.count)
        let parser = try JSONParser.make(capacity: 1 << 16, maxDepth: EventFields.maxDepth)
        for visit in halfWay.prefix(50) {
            var visitors: Set<String> = []
            for index in visit.steps.indices {
                let line = DemoEvents(run: "x").line(visit, step: index, timestamp: visit.steps[index].at)
                try parser.parse(copying: line) { tape in
                    let fields = try EventFields.read(tape)
                    visitors.insert(String(decoding: tape.string(fields.anonymousId), as: UTF8.self))
                    #expect((fields.userId != 0) == visit.steps[index].isSignedIn)
                }
            }
            #expect(visitors.count == 1, "\(visitors)")
        }
    }

    @Test("phones come more often and buy less; letters bring back those who know the shop")
    func devices() {
        let visits = somePast()
        func orders(_ type: String) -> Double {
            let of = visits.filter { Device.all[$0.device].type == type }
            return Double(Counts(of).orders) / Double(of.count)
        }
        let phones = visits.count { Device.all[$0.device].type == "mobile" }
        #expect(phones * 2 > visits.count)
        #expect(orders("mobile") * 1.3 < orders("desktop"))
        let letters = visits.filter { Origin.all[$0.origin].campaign?.medium == "email" }
        #expect(letters.count { $0.number > 1 } * 2 > letters.count)
        #expect(Set(visits.map(\.origin)) == Set(Origin.all.indices))
    }
}

@Suite("Demo: history") struct HistoryTests {
    @Test(
        "a past has the number of events that was asked for, in order of time, none after now",
        arguments: [1, 777, 50_000])
    func exact(events: Int) {
        var crowd = Crowd(seed: 3)
        var history = History(days: 30, events: events, until: now)
        var count = 0
        var earliest = Int64.max
        while let day = history.next(&crowd) {
            let times = day.order.map { day.visits[$0.visit].steps[$0.step].at }
            #expect(times == times.sorted())
            #expect(times.allSatisfy { $0 <= now })
            earliest = min(earliest, times.first ?? .max)
            count += times.count
        }
        #expect(count == events && history.events == events)
        #expect(earliest >= now - 31 * Rhythm.dayMilliseconds)
    }

    @Test("evenings are busy, nights quiet, Sundays busiest, and the shop grows")
    func rhythm() {
        let arrivals = somePast().compactMap { $0.steps.first?.at }
        var hours = [Int](repeating: 0, count: 24)
        var weekdays = [Int](repeating: 0, count: 7)
        var days: [Int: Int] = [:]
        for at in arrivals {
            hours[Int(at % Rhythm.dayMilliseconds / 3_600_000)] += 1
            let day = Int(at / Rhythm.dayMilliseconds)
            days[day, default: 0] += 1
            // Whole weeks alone.
            if day < today { weekdays[Rhythm.weekday(ofDay: day)] += 1 }
        }
        #expect(hours[20] > 10 * hours[3] && hours[3] > 0)
        #expect(weekdays.max() == weekdays[6] && weekdays.min() == weekdays[4])
        func visits(_ range: Range<Int>) -> Int { range.reduce(0) { $0 + (days[today - $1] ?? 0) } }
        #expect(visits(1..<15) * 10 > visits(43..<57) * 11)
        #expect(days.count == 57)
        #expect(Rhythm.weekday(ofDay: today) == 0)
    }

    @Test("today has the events of its hours so far, none where it has just begun")
    func soFar() {
        let midnight = Int64(today) * Rhythm.dayMilliseconds
        var crowd = Crowd(seed: 1)
        var history = History(days: 2, events: nil, until: midnight)
        var days = 0
        while let day = history.next(&crowd) {
            days += 1
            #expect(day.order.allSatisfy { day.visits[$0.visit].steps[$0.step].at <= midnight })
        }
        #expect(days >= 2)
        #expect(Rhythm.share(ofDay: today, before: 0) == 0)
        #expect(abs(Rhythm.share(ofDay: today, before: Rhythm.dayMilliseconds) - 1) < 1e-9)
    }

    @Test("the same seed gives the same events, another one others")
    func seeded() {
        func lines(_ seed: UInt64) -> [[UInt8]] {
            var crowd = Crowd(seed: seed)
            var history = History(days: 3, events: 2000, until: now)
            var lines: [[UInt8]] = []
            while let day = history.next(&crowd) {
                lines += day.order.map {
                    DemoEvents(run: "x").line(day.visits[$0.visit], step: $0.step, timestamp: now)
                }
            }
            return lines
        }
        #expect(lines(1) == lines(1))
        #expect(lines(1) != lines(2))
    }
}

@Suite("Demo: events") struct DemoEventTests {
    @Test("every line is an event that clickd takes, under an id of its own, with its activity and its time")
    func lines() throws {
        var crowd = Crowd(seed: 5)
        var history = History(days: 5, events: 20_000, until: now)
        let parser = try JSONParser.make(capacity: 1 << 16, maxDepth: EventFields.maxDepth)
        var ids: Set<String> = []
        var activities: Set<Activity?> = []
        while let day = history.next(&crowd) {
            for place in day.order {
                let step = day.visits[place.visit].steps[place.step]
                let line = DemoEvents(run: "x").line(day.visits[place.visit], step: place.step, timestamp: step.at)
                try parser.parse(copying: line) { tape in
                    let fields = try EventFields.read(tape)
                    #expect(ids.insert(String(decoding: tape.string(fields.messageId), as: UTF8.self)).inserted)
                    #expect(EventTime.milliseconds(tape, fields.timestamp) == step.at)
                    #expect((fields.userId != 0) == step.isSignedIn)
                    if fields.event != 0 { activities.insert(Activity.named(tape.string(fields.event))) }
                }
            }
        }
        #expect(ids.count == 20_000)
        #expect(activities == Set(Activity.allCases))
    }

    @Test("an order's sums are whole cents that add up")
    func money() {
        var cart = Cart()
        cart.add(0, 2)
        cart.add(3, 1)
        let plain = Order(cart: cart, coupon: nil)
        #expect(plain.revenue == cart.cents && plain.total == plain.revenue + plain.shipping)
        let reduced = Order(cart: cart, coupon: "LETTER10")
        #expect(reduced.revenue + reduced.discount == cart.cents && reduced.discount == cart.cents / 10)
    }
}
