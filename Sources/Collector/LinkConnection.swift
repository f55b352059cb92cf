// One connection to clickd's stream socket, and its thread: it connects, says hello, writes what requests gave, reads the
// answers, and connects again when the connection breaks. Lines are numbered as clickd numbers them, anew on each
// connection; a request is settled when an OK covers its last line.
import Linux
import Synchronization

final class LinkConnection: Sendable {
    private struct State {
        var isUp = false
        var isStopping = false
        var stopBy = Monotonic(nanoseconds: 0)
        var queue: [Delivery] = []
        var waitingBytes = 0
        /// Since when the oldest line waits.
        var oldest: Monotonic?
    }

    private let path: String
    private let options: Link.Options
    private let state = Guarded(State())
    private let wake: EventDescriptor
    private let thread = Guarded<NamedThread?>(nil)
    private let made = Atomic<Int>(0)

    init(_ path: String, _ number: Int, _ options: Link.Options) throws(SystemError) {
        self.path = path
        self.options = options
        wake = try EventDescriptor()
        let started = try NamedThread.start("link-\(number)") { self.run() }
        thread.withLock { $0 = started }
    }

    // MARK: Any thread

    /// What a connection can be asked to do.
    enum Load {
        case away
        /// Its oldest line waits too long: clickd takes nothing.
        case stalled
        case waiting(bytes: Int)
    }

    var load: Load {
        state.withLock { state in
            guard state.isUp, !state.isStopping else { return .away }
            let isStalled = state.oldest.map {
                Monotonic.milliseconds(from: $0, to: .now) > options.stallMilliseconds
            }
            return isStalled == true ? .stalled : .waiting(bytes: state.waitingBytes)
        }
    }
    var waitingBytes: Int { state.withLock { $0.waitingBytes } }
    var reconnections: Int { max(0, made.load(ordering: .relaxed) - 1) }

    /// Takes a request's lines; else why not.
    func take(_ delivery: Delivery) -> Link.Outcome? {
        let (refused, wakes) = state.withLock { state -> (Link.Outcome?, Bool) in
            guard state.isUp, !state.isStopping else { return (.away, false) }
            guard state.waitingBytes + delivery.lines.count <= options.waitingBytes else {
                return (.full, false)
            }
            if state.oldest == nil { state.oldest = delivery.since }
            state.waitingBytes += delivery.lines.count
            state.queue.append(delivery)
            return (nil, state.queue.count == 1)
        }
        if wakes { wake.signal() }
        return refused
    }

    func requestStop(milliseconds: Int) {
        state.withLock {
            $0.isStopping = true
            $0.stopBy = .now.adding(milliseconds: milliseconds)
        }
        wake.signal()
    }

    func join() { thread.withLock { $0?.join() } }

    // MARK: The link's thread

    private func run() {
        var pause = 20
        while !state.withLock({ $0.isStopping }) {
            if let socket = try? LocalSocket.connect(path: path), hello(socket.raw) {
                made.add(1, ordering: .relaxed)
                pause = 20
                state.withLock { $0.isUp = true }
                serve(socket.raw)
            }
            guard !state.withLock({ $0.isStopping }) else { break }
            if wake.wait(milliseconds: Int32(pause)) { wake.clear() }
            pause = min(1000, pause * 2)
        }
    }

    /// clickd takes the connection up only when it has room for one more; until its answer it counts as away.
    private func hello(_ socket: Int32) -> Bool {
        _ = clickd_set_nonblocking(socket)
        guard Files.writeAll(socket, Array("CLICKD/1 ACK\n".utf8)) else { return false }
        var answers = AnswerReader()
        let deadline = Monotonic.now.adding(milliseconds: 3000)
        while Monotonic.now < deadline, !state.withLock({ $0.isStopping }) {
            var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 100) > 0 else { continue }
            var isWelcome = false
            guard answers.read(from: socket, { isWelcome = $0.elementsEqual("CLICKD/1 OK".utf8) }) else { return false }
            if isWelcome { return true }
        }
        return false
    }

    private func serve(_ socket: Int32) {
        var flight = Flight()
        var answers = AnswerReader()
        var isOpen = true
        while isOpen {
            var entries = [
                pollfd(fd: socket, events: Int16(flight.hasOutput ? POLLIN | POLLOUT : POLLIN), revents: 0),
                pollfd(fd: wake.raw, events: Int16(POLLIN), revents: 0),
            ]
            poll(&entries, 2, flight.isEmpty ? 1000 : 100)
            if entries[1].revents != 0 { wake.clear() }
            for delivery in state.withLock({ takeQueue(&$0) }) { flight.add(delivery) }
            if !flight.write(to: socket) { break }
            if entries[0].revents != 0 {
                isOpen = answers.read(from: socket) { flight.answer($0) } && !flight.isBroken
            }
            let (settled, bytes) = flight.takeSettled()
            if bytes > 0 { note(flight, settled: bytes) }
            for delivery in settled { delivery.complete(outcome(of: delivery)) }
            flight.giveUp(before: Monotonic.now.adding(milliseconds: -options.patienceMilliseconds))
            let isDone = state.withLock {
                $0.isStopping && (flight.isEmpty && $0.queue.isEmpty || $0.stopBy < .now)
            }
            if isDone { break }
        }
        let left = state.withLock { state -> [Delivery] in
            state.isUp = false
            state.waitingBytes = 0
            state.oldest = nil
            return takeQueue(&state)
        }
        for delivery in flight.all + left { delivery.complete(.away) }
    }

    private func takeQueue(_ state: inout State) -> [Delivery] {
        guard !state.queue.isEmpty else { return [] }
        var taken: [Delivery] = []
        swap(&taken, &state.queue)
        return taken
    }

    private func note(_ flight: borrowing Flight, settled bytes: Int) {
        state.withLock {
            $0.waitingBytes -= bytes
            $0.oldest = flight.oldest ?? $0.queue.first?.since
        }
    }

    /// One line for which there was no room makes the whole request one to repeat: its ids make that safe.
    private func outcome(of delivery: Delivery) -> Link.Outcome {
        delivery.refusals.contains { $0.code == "full" } ? .full : .settled(delivery.refusals)
    }
}
