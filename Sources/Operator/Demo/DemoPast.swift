// The past of a shop: its events in order of time, to a daemon as fast as it acknowledges, or to standard output.
import Linux

enum DemoPast {
    private static let window = 20_000

    /// Sends the past; whether it was whole, not ended by a signal or a daemon that does not answer.
    static func send(
        _ plan: DemoPlan, _ crowd: inout Crowd, _ sender: inout AckSender, _ stop: StopSignals
    ) throws -> Bool {
        let started = Monotonic.now
        var history = History(days: plan.days ?? 1, events: plan.events, until: WallClock.nowMilliseconds)
        let lines = DemoEvents(run: plan.run)
        var progress = Progress(total: history.events, what: "stored")
        while let day = history.next(&crowd) {
            for place in day.order {
                let visit = day.visits[place.visit]
                sender.add(lines.line(visit, step: place.step, timestamp: visit.steps[place.step].at))
                while sender.unsettledCount >= window {
                    sender.work(milliseconds: 100)
                    progress.show(done: sender.stored, events: sender.stored)
                    if stop.hasCome { return false }
                    try check(sender)
                }
            }
        }
        while sender.unsettledCount > 0 {
            sender.work(milliseconds: 100)
            if stop.hasCome { return false }
            try check(sender)
        }
        progress.end()
        let seconds = Monotonic.seconds(from: started, to: .now)
        Terminal.print(
            "a past of \(Format.count(plan.days ?? 1)) days: \(Format.count(sender.stored)) events of "
                + "\(Format.count(crowd.made)) shoppers acknowledged in \(Format.duration(seconds: seconds))")
        return true
    }

    private static func check(_ sender: borrowing AckSender) throws {
        if Monotonic.seconds(from: sender.lastProgress, to: .now) > 60 { throw DemoError.noAnswer }
    }

    /// Prints the past, one event a line; whether all of it could be written.
    static func print(_ plan: DemoPlan, _ crowd: inout Crowd) -> Bool {
        var history = History(days: plan.days ?? 1, events: plan.events, until: WallClock.nowMilliseconds)
        let lines = DemoEvents(run: plan.run)
        var output: [UInt8] = []
        output.reserveCapacity(1 << 18)
        while let day = history.next(&crowd) {
            for place in day.order {
                let visit = day.visits[place.visit]
                output += lines.line(visit, step: place.step, timestamp: visit.steps[place.step].at)
                output.append(0x0A)
                guard output.count >= 1 << 17 else { continue }
                guard Files.writeAll(1, output) else { return false }
                output.removeAll(keepingCapacity: true)
            }
        }
        return Files.writeAll(1, output)
    }
}

enum DemoError: Error, CustomStringConvertible {
    case noAnswer

    var description: String { "the daemon has acknowledged nothing for a minute" }
}
