// The control thread: answers commands on the control socket. JSON lines: one request, its answers. Every command asks
// here; nobody else opens the outbox.
import Events
import JSON
import Linux
import Pipeline
import Settings
import Synchronization

final class ControlServer: @unchecked Sendable {
    // `@unchecked Sendable`: `history` and `inserted` belong to the control thread; the rest is constant or locked.
    private static let maxWatchers = 8
    private let pipeline: Pipeline
    private let listener: FileDescriptor
    private let path: String
    private let stopDescriptor: EventDescriptor
    private let watchers = Atomic<Int>(0)
    private var history = RateHistory()
    private var inserted = PartitionCount()
    private let log: Log

    init(_ pipeline: Pipeline, settings: ControlSettings, log: Log) throws {
        self.pipeline = pipeline
        self.log = log
        path = settings.socket
        stopDescriptor = try EventDescriptor()
        try Files.makeFolder(Files.parent(of: settings.socket), mode: 0o755)
        listener = try LocalSocket.bind(
            .stream, path: settings.socket, mode: settings.socketMode, group: settings.socketGroup, backlog: 64)
    }

    func stop() {
        stopDescriptor.signal()
        unlink(path)
    }

    func run() {
        while true {
            sample()
            var entries = [
                pollfd(fd: stopDescriptor.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0),
            ]
            poll(&entries, 2, 1000)
            if entries[0].revents != 0 { return }
            if entries[1].revents != 0 {
                let raw = clickd_accept(listener.raw)
                if raw >= 0 {
                    answer(FileDescriptor(owning: raw))
                } else {
                    // For want of descriptors, perhaps: the asker waits, and this thread does not spin.
                    poll(&entries, 1, 100)
                }
            }
        }
    }

    private func sample() {
        let ledger = pipeline.outboxSnapshot?.withLock { $0.ledger } ?? Ledger()
        let parts = pipeline.consumerSnapshot?.withLock { $0.parts }
        if let parts {
            inserted.see(Dictionary(uniqueKeysWithValues: parts.map { ($0.partition, $0.stored.inserted) }))
        }
        history.add(
            .init(
                received: ledger.received, forwarded: ledger.forwarded,
                inserted: parts == nil ? ledger.consumer.inserted : inserted.total), at: .now)
    }

    /// Reads one request line within a second: a slow asker does not hold the others for longer.
    private func answer(_ connection: consuming FileDescriptor) {
        guard let line = ControlServer.readLine(connection.raw) else { return }
        let command =
            (try? JSONParser.make(capacity: 65536, maxDepth: 8).parse(copying: line) { tape in
                tape.member("command", of: tape.top).flatMap { place in
                    tape.kind(place) == .string ? String(decoding: tape.string(place), as: UTF8.self) : nil
                }
            }) ?? nil
        switch command {
        case "status":
            send(connection.raw, StatusReport(pipeline: pipeline, history: history).json())
        case "facts": send(connection.raw, DaemonFacts.json(pipeline))
        case "tail": tail(connection.release())
        case "dead": dead(line, connection.release())
        default:
            var writer = JSONWriter()
            writer.object { $0.member("error", "unknown command; this daemon knows status, facts, tail and dead") }
            send(connection.raw, writer.bytes)
        }
    }

    private func send(_ fd: Int32, _ bytes: [UInt8]) {
        var timeout = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let flags = fcntl(fd, F_GETFL)
        _ = fcntl(fd, F_SETFL, flags & ~O_NONBLOCK)
        _ = Files.writeAll(fd, bytes + [0x0A])
    }

    private static func readLine(_ fd: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        let deadline = Monotonic.now.adding(milliseconds: 1000)
        var chunk = [UInt8](repeating: 0, count: 4096)
        while line.count < 65536 {
            var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, deadline.millisecondsFromNow) > 0 else { return nil }
            let count = read(fd, &chunk, chunk.count)
            guard count > 0 else { return line.isEmpty ? nil : line }
            line.append(contentsOf: chunk[..<count])
            if let end = line.firstIndex(of: 0x0A) { return Array(line[..<end]) }
        }
        return nil
    }

    // MARK: Dead letters

    /// The outbox may take its time to answer: a thread of its own waits for it.
    private func dead(_ line: [UInt8], _ fd: Int32) {
        let request =
            (try? JSONParser.make(capacity: 65536, maxDepth: 8).parse(copying: line) { DeadRequest($0) }) ?? nil
        guard let request, let desk = pipeline.deadDesk else {
            let text = request == nil ? "no request about dead letters" : "this daemon has no outbox"
            send(fd, DeadAnswer(problem: text).line)
            close(fd)
            return
        }
        serve(fd, "dead") { self.send(fd, desk.ask(request).line) }
    }

    // MARK: Tail

    /// Streams stored events on a thread of its own until the asker goes.
    private func tail(_ fd: Int32) { serve(fd, "tail") { self.stream(fd) } }

    private func serve(_ fd: Int32, _ name: String, _ body: @escaping @Sendable () -> Void) {
        guard watchers.add(1, ordering: .relaxed).newValue <= ControlServer.maxWatchers else {
            watchers.subtract(1, ordering: .relaxed)
            send(fd, Array(#"{"error":"too many watchers"}"#.utf8))
            close(fd)
            return
        }
        _ = try? NamedThread.start(name) {
            defer {
                close(fd)
                self.watchers.subtract(1, ordering: .relaxed)
            }
            body()
        }
    }

    private func stream(_ fd: Int32) {
        _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK)
        var number = pipeline.tail.begin()
        defer { pipeline.tail.end() }
        while !pipeline.isStopping {
            let (batches, missed) = pipeline.tail.next(after: &number)
            var bytes: [UInt8] = missed > 0 ? Array("{\"missed_batches\":\(missed)}\n".utf8) : []
            for batch in batches {
                _ = PackedEvents.forEach(batch.bytes) { event in
                    bytes.append(contentsOf: event.value)
                    bytes.append(0x0A)
                }
            }
            var entry = pollfd(fd: fd, events: 0, revents: 0)
            if poll(&entry, 1, 0) > 0, entry.revents & Int16(POLLHUP | POLLERR) != 0 { return }
            guard bytes.isEmpty || Files.writeAll(fd, bytes) else { return }
        }
    }
}
