// Shoppers live: some fifty visits open at once, their steps now instead of minutes apart, through all three inputs,
// with the daemon's status once a second.
import Linux
import Settings

struct DemoLive {
    let plan: DemoPlan
    let settings: Settings
    private(set) var sentByDatagram = 0
    private(set) var board = DemoBoard()
    private var chance: Chance
    private var open: [(visit: Visit, next: Int)] = []

    init(plan: DemoPlan, settings: Settings) {
        self.plan = plan
        self.settings = settings
        chance = Chance(seed: plan.seed &+ 1)
    }

    mutating func run(_ crowd: inout Crowd, _ sender: inout AckSender, _ stop: StopSignals) {
        let datagrams = DatagramSender(settings.intake)
        let start = Monotonic.now
        var lastShown = start
        var produced = 0
        while plan.seconds.map({ Monotonic.seconds(from: start, to: .now) < Double($0) }) ?? true, !stop.hasCome {
            let due = Int(Monotonic.seconds(from: start, to: .now) * Double(plan.rate))
            while produced < due {
                produced += 1
                let event = nextEvent(&crowd)
                // A tenth each by the two ways that nobody answers.
                switch chance.below(10) {
                case 0 where datagrams.sendUnix(event): sentByDatagram += 1
                case 1 where datagrams.sendUDP(event): sentByDatagram += 1
                default: sender.add(event)
                }
            }
            sender.work(milliseconds: 20)
            if Monotonic.milliseconds(from: lastShown, to: .now) >= 1000 {
                lastShown = .now
                show(stored: sender.stored, shoppers: crowd.made)
            }
        }
    }

    /// The next step of one of those who are here, as if it were now.
    private mutating func nextEvent(_ crowd: inout Crowd) -> [UInt8] {
        let now = WallClock.nowMilliseconds
        while open.count < 50 {
            let here = Set(open.map(\.visit.shopper))
            open.append((crowd.visit(at: now) { here.contains($0.number) }, 0))
        }
        let index = chance.below(open.count)
        let (visit, step) = open[index]
        open[index].next += 1
        if step + 1 == visit.steps.count { open.remove(at: index) }
        return DemoEvents(run: plan.run).line(visit, step: step, timestamp: now)
    }

    private mutating func show(stored: Int, shoppers: Int) {
        var text =
            "\(Format.count(shoppers)) shoppers: \(Format.count(stored)) events acknowledged, "
            + "\(Format.count(sentByDatagram)) sent as datagrams (Ctrl-C ends)\n"
        if let json = try? ControlClient.status(path: settings.control.socket), let values = StatusValues(json) {
            text +=
                Terminal.isTerminal
                ? "\n" + StatusTable.text(values, look: .current)
                : "  received \(values["ledger.received"]) stored \(values["ledger.stored"]) forwarded "
                    + "\(values["ledger.forwarded"]) inserted \(values["ledger.inserted"])"
        } else {
            text += "no daemon answers at \(settings.control.socket)"
        }
        board.show(text)
    }
}
