// `clickd demo`: simulated shoppers. A past, if one is asked for, goes over the stream socket as fast as it is
// acknowledged; then people come live through the stream socket, the datagram socket and UDP, while the status is
// shown; at the end, what MongoDB holds of them.
import JSON
import Linux
import Mongo
import Settings

enum DemoCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        let plan = try DemoPlan(options)
        signal(SIGPIPE, SIG_IGN)
        var crowd = Crowd(seed: plan.seed)
        if plan.prints { return DemoPast.print(plan, &crowd) ? 0 : 1 }
        guard let path = settings.intake.streamSocket else { throw UsageError("the demo needs intake.stream_socket") }
        let stop = StopSignals()
        var sender = AckSender(path: path)
        var isWhole = true
        if plan.days != nil { isWhole = try DemoPast.send(plan, &crowd, &sender, stop) }
        var byDatagram = 0
        var board = DemoBoard()
        if plan.isLive, isWhole {
            var live = DemoLive(plan: plan, settings: settings)
            live.run(&crowd, &sender, stop)
            byDatagram = live.sentByDatagram
            board = live.board
        }
        let deadline = Monotonic.now.adding(milliseconds: 10_000)
        while sender.unsettledCount > 0, Monotonic.now < deadline { sender.work(milliseconds: 50) }
        return try finish(settings, sender, &board, byDatagram: byDatagram, shoppers: crowd.made)
    }

    /// Waits until everything has gone the whole way, then tells what is there.
    private static func finish(
        _ settings: Settings, _ sender: borrowing AckSender, _ board: inout DemoBoard, byDatagram: Int, shoppers: Int
    ) throws -> Int32 {
        var deadline = Monotonic.now.adding(milliseconds: 30_000)
        var values: StatusValues?
        var inserted = 0
        while Monotonic.now < deadline {
            values = (try? ControlClient.status(path: settings.control.socket)).flatMap { StatusValues($0) }
            if let values {
                if hasArrived(values) { break }
                // As long as something moves, it is worth waiting.
                if values["ledger.inserted"] > inserted { deadline = Monotonic.now.adding(milliseconds: 30_000) }
                inserted = values["ledger.inserted"]
            }
            usleep(200_000)
        }
        board.show(
            values.map { StatusTable.text($0, look: .current) } ?? "no daemon answers at \(settings.control.socket)")
        Terminal.print("")
        let report = try DemoReport.read(settings.mongodb)
        Terminal.print(report.text)
        Terminal.print(
            "\nsent \(Format.count(sender.stored + byDatagram)) events of \(Format.count(shoppers)) shoppers; "
                + "MongoDB holds \(Format.count(report.demoEvents)) of such")
        for refusal in sender.refusals.prefix(5) { Terminal.complain("refused: \(refusal.text)") }
        if sender.unsettledCount > 0 {
            Terminal.complain("\(sender.unsettledCount) events were not acknowledged in time")
        }
        return sender.unsettledCount == 0 && sender.refusals.isEmpty && report.demoEvents > 0 ? 0 : 1
    }

    private static func hasArrived(_ values: StatusValues) -> Bool {
        values["ledger.outbox"] == 0 && values["ledger.pending"] == 0 && values["consumer.lag"] == 0
            && values["ledger.consumer_pending"] == 0
            && values["ledger.inserted"] + values["ledger.duplicates"] + values["ledger.consumer_dead"]
                >= values["ledger.forwarded"]
    }
}

/// SIGINT and SIGTERM, kept from ending the process: asked for between two events.
struct StopSignals {
    private var signals = sigset_t()

    init() {
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Whether one has come since the last time.
    var hasCome: Bool {
        var none = timespec()
        var signals = signals
        return sigtimedwait(&signals, nil, &none) > 0
    }
}
