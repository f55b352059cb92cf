// `clickd demo`: simulated shoppers send through the stream socket (acknowledged), the datagram socket and UDP, while
// the status is shown; at the end, what MongoDB holds of them.
import JSON
import Linux
import Mongo
import Settings

enum DemoCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        let seconds = try options.number("seconds", least: 1)
        let rate = try options.number("rate", least: 1) ?? 300
        guard let path = settings.intake.streamSocket else { throw UsageError("the demo needs intake.stream_socket") }
        var stopSignals = sigset_t()
        sigemptyset(&stopSignals)
        sigaddset(&stopSignals, SIGINT)
        sigaddset(&stopSignals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &stopSignals, nil)
        signal(SIGPIPE, SIG_IGN)

        var sender = AckSender(path: path)
        let datagrams = DatagramSender(settings.intake)
        var shoppers: [Shopper] = []
        var made = 0
        var sentByDatagram = 0
        let start = Monotonic.now
        var lastShown = start
        var produced = 0
        while seconds.map({ Monotonic.seconds(from: start, to: .now) < Double($0) }) ?? true {
            let due = Int(Monotonic.seconds(from: start, to: .now) * Double(rate))
            while produced < due {
                if shoppers.count < 50 {
                    made += 1
                    shoppers.append(Shopper(number: made))
                }
                let index = Int.random(in: 0..<shoppers.count)
                guard let event = shoppers[index].next() else {
                    shoppers.remove(at: index)
                    continue
                }
                produced += 1
                // A tenth each by the two ways that nobody answers.
                switch Int.random(in: 0..<10) {
                case 0 where datagrams.sendUnix(event): sentByDatagram += 1
                case 1 where datagrams.sendUDP(event): sentByDatagram += 1
                default: sender.add(event)
                }
            }
            sender.work(milliseconds: 20)
            if Monotonic.milliseconds(from: lastShown, to: .now) >= 1000 {
                lastShown = .now
                show(settings, stored: sender.stored, datagrams: sentByDatagram, shoppers: made)
            }
            var none = timespec()
            if sigtimedwait(&stopSignals, nil, &none) > 0 { break }
        }
        let deadline = Monotonic.now.adding(milliseconds: 10_000)
        while sender.unsettledCount > 0, Monotonic.now < deadline { sender.work(milliseconds: 50) }
        return try finish(
            settings, sent: sender.stored + sentByDatagram, unsettled: sender.unsettledCount, shoppers: made)
    }

    private static func show(_ settings: Settings, stored: Int, datagrams: Int, shoppers: Int) {
        if Terminal.isTerminal { Terminal.write(1, "\u{1B}[H\u{1B}[2J") }
        Terminal.print(
            "\(Format.count(shoppers)) shoppers: \(Format.count(stored)) events acknowledged, "
                + "\(Format.count(datagrams)) sent as datagrams (Ctrl-C ends)")
        guard let json = try? ControlClient.status(path: settings.control.socket), let values = StatusValues(json)
        else {
            return Terminal.print("no daemon answers at \(settings.control.socket)")
        }
        if Terminal.isTerminal {
            Terminal.print("\n" + StatusTable.text(values))
        } else {
            Terminal.print(
                "  received \(values["ledger.received"]) stored \(values["ledger.stored"]) forwarded "
                    + "\(values["ledger.forwarded"]) inserted \(values["ledger.inserted"])")
        }
    }

    /// Waits until everything has gone the whole way, then tells what is there.
    private static func finish(_ settings: Settings, sent: Int, unsettled: Int, shoppers: Int) throws -> Int32 {
        let deadline = Monotonic.now.adding(milliseconds: 30_000)
        var values: StatusValues?
        while Monotonic.now < deadline {
            values = (try? ControlClient.status(path: settings.control.socket)).flatMap { StatusValues($0) }
            if let values, values["ledger.outbox"] == 0, values["ledger.pending"] == 0, values["consumer.lag"] == 0,
                values["ledger.consumer_pending"] == 0,
                values["ledger.inserted"] + values["ledger.duplicates"] + values["ledger.consumer_dead"]
                    >= values["ledger.forwarded"]
            {
                break
            }
            usleep(200_000)
        }
        if Terminal.isTerminal { Terminal.write(1, "\u{1B}[H\u{1B}[2J") }
        if let values { Terminal.print(StatusTable.text(values) + "\n") }
        let report = try DemoReport.read(settings.mongodb)
        Terminal.print(report.text)
        Terminal.print(
            "\nsent \(Format.count(sent)) events of \(Format.count(shoppers)) shoppers; MongoDB holds \(Format.count(report.demoEvents)) of them"
        )
        if unsettled > 0 { Terminal.complain("\(unsettled) events were not acknowledged in time") }
        return unsettled == 0 && report.demoEvents > 0 ? 0 : 1
    }
}

/// Fire-and-forget senders.
struct DatagramSender: ~Copyable {
    /// -1 where that input is off.
    private let unix: Int32
    private let udp: Int32
    private let port: UInt16

    init(_ settings: IntakeSettings) {
        unix = settings.datagramSocket.flatMap { try? LocalSocket.connect(.datagram, path: $0).release() } ?? -1
        port = settings.udp?.port ?? 0
        let isUDP = settings.udp?.isIPv4 == true
        let raw = isUDP ? socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) : -1
        udp = raw
    }

    deinit {
        if unix >= 0 { close(unix) }
        if udp >= 0 { close(udp) }
    }

    func sendUnix(_ bytes: [UInt8]) -> Bool {
        guard unix >= 0 else { return false }
        return send(unix, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) == bytes.count
    }

    func sendUDP(_ bytes: [UInt8]) -> Bool {
        guard udp >= 0 else { return false }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(udp, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == bytes.count
            }
        }
    }
}
