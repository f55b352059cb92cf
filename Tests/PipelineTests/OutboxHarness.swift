// Shared by this folder: the outbox thread with its doors, driven by hand where intake and forwarder would be.
import Linux
import Pipeline
import Settings
import TestSupport
import Testing

final class OutboxHarness {
    let door: OutboxDoor
    let forwarder: ForwarderDoor
    let returned = OutboxReturns()
    let desk: DeadDesk
    let live: LiveSettings
    let conditions = Conditions(log: Log(level: .error))
    private let control: StageControl
    private let published = Guarded(OutboxSnapshot())
    private let thread: NamedThread
    private var isStopped = false

    init(_ path: String, maxBytes: Int = 64 << 20, minFreeBytes: Int = 0) throws {
        var settings = Settings()
        settings.outbox.path = path
        settings.outbox.maxBytes = maxBytes
        settings.outbox.minFreeBytes = minFreeBytes
        live = LiveSettings(settings)
        door = try OutboxDoor(maxBytes: maxBytes)
        desk = DeadDesk(door)
        forwarder = try ForwarderDoor()
        control = try StageControl(name: "outbox")
        let outbox = Moved(
            try Outbox(
                file: try OutboxFile.open(path, maxBytes: maxBytes), live: live, door: door,
                forwarder: forwarder, returned: returned, tail: TailTap(), desk: desk, published: published,
                control: control, conditions: conditions))
        thread = try control.start { outbox.take()?.run() ?? .stopped }
    }

    deinit { stop() }

    /// Stops the thread and lets go of the folder.
    @discardableResult
    func stop() -> StageOutcome? {
        control.requestStop()
        if !isStopped { thread.join() }
        isStopped = true
        return control.outcome
    }

    var snapshot: OutboxSnapshot { published.withLock { $0 } }
    var ledger: Ledger { snapshot.ledger }
    var outcome: StageOutcome? { control.outcome }

    /// Gives a batch and waits until intake is told that it is committed.
    func commit(_ batch: EventBatch, within milliseconds: Int = 5000) {
        door.give(batch)
        #expect(committed(within: milliseconds) == 1)
    }

    /// How many batches intake is told of, waiting for the first.
    func committed(within milliseconds: Int) -> Int {
        let deadline = Monotonic.now.adding(milliseconds: milliseconds)
        while true {
            _ = door.progress.wait(milliseconds: deadline.millisecondsFromNow)
            door.progress.clear()
            let batches = door.takeCommitted()
            if !batches.isEmpty || Monotonic.now >= deadline { return batches.count }
        }
    }

    /// What the forwarder has been given since, waiting at most so long for something.
    func forwarded(within milliseconds: Int32 = 2000) -> [EventBatch] {
        _ = forwarder.arrived.wait(milliseconds: milliseconds)
        return forwarder.take()
    }

    /// Gives batches back as delivered.
    func deliver(_ batches: [EventBatch]) {
        for batch in batches { forwarder.release(batch) }
        returned.give(batches.map { DeliveredBatch(first: $0.first, eventCount: $0.eventCount) })
    }
}

/// `@unchecked Sendable`: taken once, by the thread it is made for.
final class Moved<Value>: @unchecked Sendable {
    private var value: Value?
    init(_ value: Value) { self.value = value }
    func take() -> Value? {
        defer { value = nil }
        return value
    }
}
