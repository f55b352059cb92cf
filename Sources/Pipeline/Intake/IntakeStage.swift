// The intake thread: reads every socket, turns lines into packed events, gives batches to the outbox and brings its
// commits back to the senders as answers. An event is acknowledged only after the commit of its batch.
//
// One turn of its loop: wait for descriptors; read what is ready into the batch being filled; when the outbox is idle,
// or the batch is full, seal the batch and give it on; send answers. Streams are watched by a poller of their own, so
// that back-pressure (outbox full, or too much waiting for its commit) is one change: not to watch that poller.
// Datagram sockets are always read; what then has no room is counted as refused.
import Events
import JSON
import Linux
import Settings

final class IntakeStage {
    private enum Tag {
        static let stop: UInt64 = 0
        static let progress: UInt64 = 1
        static let streams: UInt64 = 2
        static let stream: UInt64 = 1 << 32
        static let datagram: UInt64 = 2 << 32
        static let udp: UInt64 = 3 << 32
    }

    private let live: LiveSettings
    private var seen = 0
    private var settings: IntakeSettings
    private let host: String
    private let sockets: IntakeSockets
    private let door: OutboxDoor
    private let control: StageControl
    private let status: IntakeStatus
    private let conditions: Conditions
    private let log: Log
    private let main: Poller
    private let streams: Poller
    private var packer: EventPacker
    private var datagrams: DatagramReader
    private var batch: EventBatch
    private var batchNumber = 0
    /// Batches given and not yet committed.
    private var unsettledBatches = 0
    private var connections: [Int: StreamConnection] = [:]
    private var nextConnection = 1
    private var watchesStreams = true
    private var watchesListeners = true
    private var listenersHeldSince = Monotonic.now
    /// Connections wait for want of descriptors.
    private var isShort = false
    private let buffer: UnsafeMutableRawBufferPointer

    init(
        live: LiveSettings, sockets: IntakeSockets, door: OutboxDoor,
        control: StageControl, status: IntakeStatus, conditions: Conditions, log: Log
    ) throws {
        self.live = live
        let settings = live.now.intake
        self.settings = settings
        host = live.now.host.name
        self.door = door
        self.control = control
        self.status = status
        self.conditions = conditions
        self.log = log
        main = try Poller.make()
        streams = try Poller.make()
        let packer = try EventPacker(maxEventBytes: settings.maxEventBytes, host: host)
        batch = EventBatch(capacity: packer.batchCapacity)
        self.packer = packer
        datagrams = try DatagramReader(settings: settings)
        buffer = .allocate(byteCount: 256 << 10, alignment: 64)
        try main.add(control.stop.raw, tag: Tag.stop)
        try main.add(door.progress.raw, tag: Tag.progress)
        try main.add(streams.raw, tag: Tag.streams)
        for fd in sockets.stream { try main.add(fd, tag: Tag.stream | UInt64(fd)) }
        for fd in sockets.datagram { try main.add(fd, tag: Tag.datagram | UInt64(fd)) }
        for fd in sockets.udp { try main.add(fd, tag: Tag.udp | UInt64(fd)) }
        self.sockets = sockets
    }

    deinit { buffer.deallocate() }

    func run() -> StageOutcome {
        while !control.isStopRequested {
            control.turn()
            if let new = live.next(&seen) { adopt(new.intake) }
            main.wait(milliseconds: 1000) { ready in
                packer.setTime(milliseconds: WallClock.nowMilliseconds)
                let fd = Int32(truncatingIfNeeded: ready.tag & 0xFFFF_FFFF)
                switch ready.tag & ~0xFFFF_FFFF {
                case Tag.stream: accept(fd)
                case Tag.datagram: readDatagrams(fd, isUDP: false)
                case Tag.udp: readDatagrams(fd, isUDP: true)
                default:
                    if ready.tag == Tag.progress { settle() }
                    if ready.tag == Tag.streams { readStreams() }
                }
            }
            giveWhenIdle()
            watchStreams()
            status.connections.store(connections.count, ordering: .relaxed)
            // Held for want of descriptors: they may be there again.
            if !watchesListeners, Monotonic.milliseconds(from: listenersHeldSince, to: .now) >= 100 {
                resumeListeners()
            }
            if isShort, watchesListeners, Monotonic.milliseconds(from: listenersHeldSince, to: .now) >= 2000 {
                // Those that waited have gone.
                isShort = false
                conditions.set("connections", nil)
            }
        }
        return finish()
    }

    // MARK: New settings

    /// Takes new limits and allow lists. No connection is dropped, but those of users who may not send any more: what was
    /// read of them is committed and answered.
    private func adopt(_ new: IntakeSettings) {
        do {
            if new.maxEventBytes != settings.maxEventBytes {
                let packer = try EventPacker(maxEventBytes: new.maxEventBytes, host: host)
                if !batch.isEmpty { give() }
                batch = EventBatch(capacity: packer.batchCapacity)
                batchNumber += 1
                self.packer = packer
            }
            try datagrams.adopt(new)
        } catch {
            // For want of memory alone: the old ones go on.
            return log.error("intake: the new settings could not be taken: \(error)")
        }
        settings = new
        if !new.allowUsers.isEmpty {
            for fd in sockets.datagram { LocalSocket.set(SO_PASSCRED, 1, on: fd) }
            for connection in connections.values where !isAllowed(connection.descriptor.raw) {
                end(connection)
                answer(connection)
            }
        }
        resumeListeners()
        if connections.count >= new.maxConnections { pauseListeners() }
        watchStreams()
    }

    private func isAllowed(_ raw: Int32) -> Bool {
        settings.allowUsers.isEmpty || LocalSocket.peerUser(raw).map { settings.allowUsers.contains($0) } == true
    }

    // MARK: Streams

    private func accept(_ listener: Int32) {
        // The outbox, Kafka, MongoDB and `clickd status` need some too.
        let files = DescriptorLimit.now
        let room = min(settings.maxConnections, max(files / 2, files - 256))
        isShort = false
        for _ in 0..<64 {
            guard connections.count < room else { break }
            let raw = clickd_accept(listener)
            guard raw >= 0 else {
                isShort = clickd_errno() == EMFILE || clickd_errno() == ENFILE
                break
            }
            let descriptor = FileDescriptor(owning: raw)
            guard isAllowed(raw) else { continue }
            let connection = StreamConnection(descriptor: descriptor, id: nextConnection)
            nextConnection += 1
            guard (try? streams.add(raw, tag: UInt64(connection.id))) != nil else { continue }
            connections[connection.id] = connection
        }
        if connections.count >= room, room < settings.maxConnections { isShort = true }
        conditions.set(
            "connections",
            isShort
                ? "no more are taken, for want of file descriptors: this process may open \(files) (LimitNOFILE)" : nil)
        if isShort || connections.count >= room { pauseListeners() }
    }

    /// Further connections wait in the kernel's backlog.
    private func pauseListeners() {
        guard watchesListeners else { return }
        watchesListeners = false
        listenersHeldSince = .now
        for fd in sockets.stream { try? main.change(fd, tag: Tag.stream | UInt64(fd), read: false, write: false) }
    }

    private func readStreams() {
        streams.wait(milliseconds: 0) { ready in
            guard let connection = connections[Int(truncatingIfNeeded: ready.tag)] else { return }
            if ready.canWrite { answer(connection) }
            // Looked at for each: the limit may be reached by those before it.
            if ready.canRead || ready.isOver, !isHeld { read(connection) }
        }
    }

    private func read(_ connection: StreamConnection) {
        guard !connection.isEnded, connection.watchesRead else {
            if connection.isEnded { streams.remove(connection.descriptor.raw) }
            return
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count - JSONParser.padding)])
        let count = Glibc.read(connection.descriptor.raw, room.baseAddress, room.count)
        if count < 0 && (clickd_errno() == EAGAIN || clickd_errno() == EINTR) { return }
        if count > 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: room[..<count])
            connection.splitter.take(bytes, limit: settings.maxEventBytes) { takeLine(of: connection, $0) }
        } else {
            connection.splitter.finish { takeLine(of: connection, $0) }
            end(connection)
        }
        answer(connection)
    }

    private func end(_ connection: StreamConnection) {
        connection.isEnded = true
        if connection.watchesRead || connection.watchesWrite { streams.remove(connection.descriptor.raw) }
        connection.watchesRead = false
        connection.watchesWrite = false
    }

    /// False once the connection takes no more lines.
    private func takeLine(of connection: StreamConnection, _ raw: UnsafeRawBufferPointer) -> Bool {
        let line = LineShape.withoutCarriageReturn(raw)
        if LineShape.isBlank(line) { return true }
        if connection.hello == .awaited {
            connection.hello = .none
            if LineShape.isHello(line) {
                greet(connection, line)
                return !connection.isEnded
            }
        }
        connection.lines += 1
        if let rejection = take(line) { connection.refuse(line: connection.lines, rejection) }
        mark(connection)
        return true
    }

    private func greet(_ connection: StreamConnection, _ line: UnsafeRawBufferPointer) {
        if LineShape.isAcknowledgedHello(line) {
            connection.hello = .acknowledged
            connection.answer("CLICKD/1 OK\n")
        } else {
            connection.answer("CLICKD/1 ERR unknown hello; this daemon speaks \"CLICKD/1 ACK\"\n")
            end(connection)
        }
    }

    private func mark(_ connection: StreamConnection) {
        if connection.markBatch == batchNumber {
            batch.marks[connection.markIndex].line = connection.lines
        } else {
            connection.markBatch = batchNumber
            connection.markIndex = batch.marks.count
            if batch.marks.isEmpty { batch.markedAt = .now }
            batch.marks.append(Mark(connection: connection.id, line: connection.lines))
        }
    }

    /// Sends what waits, watches what is needed, and lets go of a connection that is done.
    private func answer(_ connection: StreamConnection) {
        let isWritten = connection.flush()
        if connection.isDone {
            if connection.watchesRead || connection.watchesWrite { streams.remove(connection.descriptor.raw) }
            connections[connection.id] = nil
            resumeListeners()
            return
        }
        let wantsRead = !connection.isEnded && connection.waitingAnswerBytes <= StreamConnection.maxAnswerBytes
        let wantsWrite = !isWritten
        guard wantsRead != connection.watchesRead || wantsWrite != connection.watchesWrite else { return }
        let wasWatched = connection.watchesRead || connection.watchesWrite
        connection.watchesRead = wantsRead
        connection.watchesWrite = wantsWrite
        let fd = connection.descriptor.raw
        if !wantsRead && !wantsWrite {
            streams.remove(fd)
        } else if wasWatched {
            try? streams.change(fd, tag: UInt64(connection.id), read: wantsRead, write: wantsWrite)
        } else {
            try? streams.add(fd, tag: UInt64(connection.id), read: wantsRead, write: wantsWrite)
        }
    }

    private func resumeListeners() {
        guard !watchesListeners, connections.count < settings.maxConnections else { return }
        watchesListeners = true
        for fd in sockets.stream { try? main.change(fd, tag: Tag.stream | UInt64(fd), read: true, write: false) }
    }

    // MARK: Datagrams

    private func readDatagrams(_ fd: Int32, isUDP: Bool) {
        for _ in 0..<16 {
            let count = datagrams.receive(fd, isUDP: isUDP) { datagram in
                LineShape.forEachLine(datagram) { line in
                    let text = LineShape.withoutSyslogHeader(LineShape.withoutCarriageReturn(line))
                    if !LineShape.isBlank(text) { _ = take(text, isDatagram: true) }
                }
            }
            batch.datagramsLost += datagrams.takeLost()
            let cut = datagrams.takeCut()
            batch.received += cut
            batch.rejected[Int(Rejection.tooLarge.rawValue)] += cut
            if count < datagrams.slots { return }
        }
    }

    // MARK: Batches

    /// One event: into the batch, or refused with the reason. Counts either way.
    private func take(_ line: UnsafeRawBufferPointer, isDatagram: Bool = false) -> Rejection? {
        batch.received += 1
        let room = packer.roomNeeded(min(line.count, settings.maxEventBytes))
        if batch.byteCount >= EventBatch.fullBytes || !batch.hasRoom(room) {
            batch.received -= 1
            give()
            batch.received += 1
        }
        let mustRefuse = isDatagram || settings.whenFull == .refuse
        do throws(Rejection) {
            if mustRefuse, door.isFull { throw .full }
            try packer.pack(line, into: batch)
            return nil
        } catch {
            batch.rejected[Int(error.rawValue)] += 1
            return error
        }
    }

    private func give() {
        batch.seal()
        door.give(batch)
        unsettledBatches += 1
        batch = EventBatch(capacity: packer.batchCapacity)
        batchNumber += 1
    }

    private func giveWhenIdle() {
        if !batch.isEmpty, door.isIdle { give() }
    }

    private func settle() {
        door.progress.clear()
        for committed in door.takeCommitted() {
            unsettledBatches -= 1
            for mark in committed.marks {
                guard let connection = connections[mark.connection] else { continue }
                connection.settle(upTo: mark.line)
                answer(connection)
            }
            if let markedAt = committed.markedAt {
                status.acknowledgement.observe(Int(Monotonic.now.nanoseconds - markedAt.nanoseconds))
            }
        }
    }

    /// Whether streams are not read now.
    private var isHeld: Bool {
        door.waitingBytes >= OutboxDoor.maxWaitingBytes || (settings.whenFull == .wait && door.isFull)
    }

    private func watchStreams() {
        let isHeld = isHeld
        guard isHeld == watchesStreams else { return }
        watchesStreams = !isHeld
        try? main.change(streams.raw, tag: Tag.streams, read: watchesStreams, write: false)
    }

    // MARK: Stop

    /// Whole lines that were read are committed and answered; half lines are dropped unanswered.
    private func finish() -> StageOutcome {
        if !batch.isEmpty { give() }
        let deadline = Monotonic.now.adding(milliseconds: 10_000)
        while unsettledBatches > 0, !door.isClosed, Monotonic.now < deadline {
            control.turn()
            if door.progress.wait(milliseconds: 100) { settle() }
        }
        for connection in connections.values { _ = connection.flush() }
        connections.removeAll()
        return .stopped
    }
}
