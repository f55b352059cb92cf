// Reports over generated events of 90 days: `bench-reports fill URI DATABASE [EVENTS]` writes the roll-ups that the writer
// makes of such events (day segments), not the events; `bench-reports ask URI DATABASE QUESTION…` times requests such as
// "overview?device=phone" without clickd-web around them, for profilers.
import Events
import Linux
import Mongo
import Reports
import ReportsAPI
import Rollups

struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
    mutating func below(_ limit: Int) -> Int { Int(next() >> 33) % limit }
}

let days = 90
let first = SegmentPlace(.day, holding: SegmentPlace.minute(of: WallClock.nowMilliseconds - Int64(days) * 86_400_000))

/// Every twentieth is known by a user id alone.
func name(_ visitor: Int) -> String { visitor % 20 == 0 ? "u:\(visitor)" : "a:visitor-\(visitor)-0123456789" }

/// A visit: some views, sometimes a search, a cart, an order. About 8 events.
func visit(_ day: SegmentPlace, _ visitors: Int, _ dice: inout Dice, _ add: (Fact) -> Void) -> Int {
    let visitor = dice.below(visitors)
    var time = day.start + Int64(dice.below(85_000_000))
    var context = FactContext(
        device: ["phone", "desktop", "tablet"][dice.below(3)],
        referrer: [nil, "google.com", "news.example", "social.example"][dice.below(4)],
        campaign: dice.below(5) == 0 ? "campaign-\(dice.below(20))" : nil)
    context.isSignedIn = dice.below(4) == 0
    var count = 0
    func event(_ activity: Activity, _ change: (inout Fact) -> Void) {
        var fact = Fact(
            time: min(time, day.end - 1),
            visitor: name(visitor),
            kind: FactKind(activity: activity, type: "track", event: activity.eventNames[0].description))
        fact.context = context
        change(&fact)
        add(fact)
        time += Int64(dice.below(60_000))
        count += 1
    }
    let product = min(dice.below(2000), dice.below(2000))
    let line = FactLine(product: "p-\(product)", name: "Product number \(product)")
    if dice.below(3) == 0 {
        let term = "term \(dice.below(500))"
        let hasResults = dice.below(10) > 0
        event(.search) { $0.search = FactSearch(term: term, hasResults: hasResults) }
    }
    for _ in 0...dice.below(10) { event(.viewProduct) { $0.lines = [line] } }
    if dice.below(8) == 0 { event(.addToWishlist) { $0.lines = [line] } }
    guard dice.below(3) == 0 else { return count }
    event(.addToCart) { $0.lines = [line] }
    guard dice.below(2) == 0 else { return count }
    event(.proceedToCheckout) { $0.lines = [line] }
    guard dice.below(3) > 0 else { return count }
    let order = "o-\(visitor)-\(time)"
    event(.order) {
        $0.lines = [FactLine(product: line.product, amount: Money(units: 199_900))]
        $0.order = FactOrder(id: order, currency: "EUR", revenue: Money(units: 199_900))
    }
    return count
}

func fill(_ client: MongoClient, _ database: String, _ events: Int) throws {
    try SegmentStore(client, database: database).prepare()
    let rollups = try client.collection(database: database, RollupNames.segments)
    var dice = Dice(state: 42)
    var made = 0
    for number in 0..<days {
        let day = SegmentPlace(.day, minute: first.minute + Int64(number) * 1440)
        var builder = SegmentBuilder(day)
        while made < events * (number + 1) / days { made += visit(day, events / 10, &dice) { builder.add($0) } }
        _ = try rollups.write(builder.finish().documents().map(MongoWrite.insert))
    }
    // Half of those who are known by a user id alone were seen as another visitor too.
    var links: [String: People.Link] = [:]
    for visitor in stride(from: 0, to: events / 10, by: 40) {
        links["\(visitor)"] = People.Link(time: first.start, visitor: name(visitor + 1))
    }
    try People(client, database: database).add(links)
    print("{\"events\":\(made),\"from\":\"\(from)\",\"to\":\"\(to)\"}")
}

/// Processor time of this process, ms.
func cpu() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// `questions`: paths below /api/, with their parameters.
func ask(_ client: MongoClient, _ database: String, _ questions: ArraySlice<String>) throws {
    let api = try ReportsAPI(client, .init(database: database, collection: "events", retain: nil))
    for question in questions {
        let parts = question.split(separator: "?")
        let given = parts.dropFirst().joined().split(separator: "&").map {
            let pair = $0.split(separator: "=", maxSplits: 1).map(String.init)
            return (name: pair[0], value: pair.count > 1 ? pair[1] : "")
        }
        let (start, spent) = (Monotonic.now, cpu())
        let answer = try api.answer(path: "/api/" + parts[0], [("from", from), ("to", to)] + given)
        guard answer.status == 200 else { throw QueryMistake(String(decoding: answer.body, as: UTF8.self)) }
        let took = Monotonic.milliseconds(from: start, to: .now)
        print("{\"question\":\"\(question)\",\"ms\":\(took),\"cpu_ms\":\(cpu() - spent)}")
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 4 else {
    print("usage: bench-reports fill URI DATABASE [EVENTS] | ask URI DATABASE QUESTION…")
    exit(2)
}
Zone.use("Europe/Berlin")
let from = Zone.day(of: first.start).text
let to = Zone.day(of: first.start + Int64(days) * 86_400_000 - 1).text
let client = try MongoClient.open(uri: arguments[2])
if arguments[1] == "fill" {
    try fill(client, arguments[3], arguments.count > 4 ? Int(arguments[4]) ?? 10_000_000 : 10_000_000)
} else {
    try ask(client, arguments[3], arguments.dropFirst(4))
}
