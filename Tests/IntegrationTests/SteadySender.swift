// An agent that sends events with acknowledgement from a thread of its own, reconnects and repeats, until it is told to
// finish. Its events are `<name>-0`, `<name>-1`, …; a settled one is never sent again, so that one lost after its OK
// stays missing.
import Linux
import Operator
import TestSupport

final class SteadySender: Sendable {
    struct State: Sendable {
        var added = 0
        var stored = 0
        var refusals: [AckSender.Refusal] = []
        var unsettled = 0
        var reconnects = 0
        var isFinishing = false
        var isAbandoned = false
        var isDone = false
    }

    let name: String
    private let state = Guarded(State())
    private let limit: Int
    private let thread = Guarded<NamedThread?>(nil)

    /// `perSecond`: how many events are new each second; nil: as fast as they are taken. `padding`: random bytes added to
    /// each, as twice as many hexadecimal digits.
    init(
        _ name: String, to path: String, limit: Int = .max, perSecond: Int? = nil, padding: Int = 0,
        window: Int = 5_000
    ) throws {
        self.name = name
        self.limit = limit
        let state = state
        let started = try NamedThread.start("sender") {
            var sender = AckSender(path: path)
            let start = Monotonic.now
            var added = 0
            while true {
                let now = state.withLock { $0 }
                if now.isAbandoned { break }
                let due = perSecond.map { Int(Monotonic.seconds(from: start, to: .now) * Double($0)) } ?? .max
                while !now.isFinishing, added < min(limit, due), sender.unsettledCount < window {
                    sender.add(
                        Sample.event(
                            id: "\(name)-\(added)", number: added,
                            fill: padding > 0 ? Files.randomHex(bytes: padding) : ""))
                    added += 1
                }
                if now.isFinishing || added == limit, sender.unsettledCount == 0 { break }
                sender.work(milliseconds: 10)
                SteadySender.note(added, sender, in: state)
            }
            SteadySender.note(added, sender, in: state)
            state.update { $0.isDone = true }
        }
        thread.withLock { $0 = started }
    }

    deinit { state.update { $0.isAbandoned = true } }

    private static func note(_ added: Int, _ sender: borrowing AckSender, in state: Guarded<State>) {
        state.update {
            $0.added = added
            $0.stored = sender.stored
            $0.refusals = sender.refusals
            $0.unsettled = sender.unsettledCount
            $0.reconnects = sender.reconnects
        }
    }

    var now: State { state.withLock { $0 } }

    /// Sends no new events and waits until all are settled; the end's state, or nil when `seconds` were not enough.
    func finish(within seconds: Double) -> State? {
        state.update { if limit == .max { $0.isFinishing = true } }
        return state.wait(until: .now.adding(milliseconds: Int(seconds * 1000))) { $0.isDone ? $0 : nil }
    }

    /// Ids of what was acknowledged as stored, once `finish` has returned: all but the refused.
    func acknowledged(_ state: State) -> Set<String> {
        let refused = Set(state.refusals.compactMap { Sample.id(of: $0.line) })
        return Set((0..<state.added).map { "\(name)-\($0)" }).subtracting(refused)
    }
}

/// Events for sending, and their ids.
enum Sample {
    /// One of 500 visitors looks at one of 50 products.
    static func event(id: String, number: Int, fill: String = "") -> [UInt8] {
        Array(
            (#"{"event":"Product Viewed","messageId":""# + id + #"","anonymousId":"v"# + String(number % 500)
                + #"","properties":{"product_id":"p"# + String(number % 50) + #"","price":19.99,"fill":""# + fill
                + #""}}"#).utf8)
    }

    /// The messageId of an event made by `event`, also as clickd stored it.
    static func id(of line: some Collection<UInt8>) -> String? { text(after: "\"messageId\":\"", in: line) }

    /// The bytes between `front` and the next quote.
    static func text(after front: String, in line: some Collection<UInt8>) -> String? {
        let text = Array(line)
        let wanted = Array(front.utf8)
        guard text.count >= wanted.count else { return nil }
        let found = (0...text.count - wanted.count).first { text[$0] == wanted[0] && text[$0...].starts(with: wanted) }
        guard let start = found.map({ $0 + front.utf8.count }),
            let end = text[start...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        return String(decoding: text[start..<end], as: UTF8.self)
    }
}
