// All stages of one process, started as the settings say and stopped in order: intake first, then the forwarder (so
// that its last reports count), the outbox, the consumer. Any stage that ends by itself starts the stop.
import Kafka
import Linux
import Mongo
import Settings
import Synchronization

public final class Pipeline {
    private struct Running {
        let control: StageControl
        let thread: NamedThread
    }

    private let live: LiveSettings
    /// In force now.
    public var settings: Settings { live.now }
    public let conditions: Conditions
    public let startedMilliseconds = WallClock.nowMilliseconds
    public let tail = TailTap()
    public let intakeStatus = IntakeStatus()
    public let forwarderStatus = ForwarderStatus()
    public let writerStatus = WriterStatus()
    private let stopping = Atomic<Bool>(false)
    private var topicWatch: TopicWatch?
    /// Published after every commit; nil values where this process has no such part.
    public let outboxSnapshot: Guarded<OutboxSnapshot>?
    public let consumerSnapshot: Guarded<ConsumerSnapshot>?
    /// Where the outbox is asked about its dead letters; nil where this process has none.
    public private(set) var deadDesk: DeadDesk?
    /// As the outbox's connection has them; empty where this process has no outbox.
    public private(set) var outboxPragmas: [(name: String, value: String)] = []
    private var stages: [Running] = []
    private var door: OutboxDoor?
    private var forwarderDoor: ForwarderDoor?
    private let log: Log

    /// Opens what must be open before the first event, then starts every stage. `inherited`: systemd's sockets.
    public init(_ settings: Settings, log: Log, inherited: [Int32]) throws {
        live = LiveSettings(settings)
        self.log = log
        conditions = Conditions(log: log)
        let isDirect = settings.pipeline.mode == .direct
        let runsIntake = settings.pipeline.runsIntake
        outboxSnapshot = runsIntake ? Guarded(OutboxSnapshot()) : nil
        consumerSnapshot = settings.pipeline.runsConsumer ? Guarded(ConsumerSnapshot()) : nil
        let watch = isDirect ? nil : try startWatch()
        topicWatch = watch
        if runsIntake { try startIntake(watch: watch, inherited: inherited) }
        if let watch, let consumerSnapshot { try startConsumer(watch, consumerSnapshot) }
        if isDirect ? runsIntake : settings.pipeline.runsConsumer { try startRollups() }
    }

    private func start(_ control: StageControl, _ body: @escaping @Sendable () -> StageOutcome) throws {
        stages.append(Running(control: control, thread: try control.start(body)))
    }

    private func startWatch() throws -> TopicWatch {
        let control = try StageControl(name: "topic")
        let watch = try TopicWatch(live: live, conditions: conditions, control: control, log: log)
        try start(control) { watch.run() }
        return watch
    }

    private func startIntake(watch: TopicWatch?, inherited: [Int32]) throws {
        guard let outboxSnapshot else { return }
        let (file, salvage) = try OutboxFile.openSaving(settings.outbox.path, maxBytes: settings.outbox.maxBytes)
        if let salvage { log.error("outbox: it was damaged; \(salvage.text)") }
        outboxPragmas = file.effectivePragmas()
        try ModeGuard.check(file, settings)
        let sockets = try IntakeSockets.open(settings.intake, inherited: inherited)
        let door = try OutboxDoor(maxBytes: settings.outbox.maxBytes)
        self.door = door
        let desk = DeadDesk(door)
        deadDesk = desk
        let forwarderDoor = try ForwarderDoor()
        self.forwarderDoor = forwarderDoor
        let returned = OutboxReturns()

        let outboxControl = try StageControl(name: "outbox")
        let outbox = Handed(
            try Outbox(
                file: file, salvage: salvage, live: live, door: door, forwarder: forwarderDoor, returned: returned,
                tail: tail, desk: desk, published: outboxSnapshot, control: outboxControl, conditions: conditions))
        let forwarderControl = try StageControl(name: "forwarder")
        let forward = try forwarder(watch, forwarderDoor, returned, forwarderControl)
        let intakeControl = try StageControl(name: "intake")
        let intake = Handed(
            try IntakeStage(
                live: live, sockets: sockets, door: door, control: intakeControl, status: intakeStatus,
                conditions: conditions, log: log))
        try start(outboxControl) {
            defer {
                door.close()
                desk.close()
            }
            return outbox.value.run()
        }
        try start(forwarderControl, forward)
        try start(intakeControl) { intake.value.run() }
    }

    private func forwarder(
        _ watch: TopicWatch?, _ door: ForwarderDoor, _ returned: OutboxReturns, _ control: StageControl
    ) throws -> @Sendable () -> StageOutcome {
        guard let watch else {
            let direct = Handed(
                try DirectForwarder(
                    live: live, door: door, returned: returned, conditions: conditions, control: control,
                    status: writerStatus))
            return { direct.value.run() }
        }
        let kafka = Handed(
            KafkaForwarder(
                live: live, door: door, returned: returned, watch: watch, conditions: conditions,
                control: control, status: forwarderStatus, log: log))
        return { kafka.value.run() }
    }

    private func startConsumer(_ watch: TopicWatch, _ published: Guarded<ConsumerSnapshot>) throws {
        let control = try StageControl(name: "consumer")
        let consumer = Handed(
            try KafkaConsumer(
                live: live, instance: try instanceName(), watch: watch,
                conditions: conditions, control: control, published: published, status: writerStatus, log: log))
        try start(control) { consumer.value.run() }
    }

    private func startRollups() throws {
        let control = try StageControl(name: "rollups")
        let stage = Handed(
            RollupStage(
                live: live, conditions: conditions, control: control))
        try start(control) { stage.value.run() }
    }

    /// Random, and kept in the state folder: a host that was cloned with its folder must not be cloned running.
    private func instanceName() throws -> String {
        let path = settings.outbox.path + "/consumer.id"
        if let bytes = try? Files.read(path), bytes.count == 32 {
            return "clickd-" + String(decoding: bytes, as: UTF8.self)
        }
        let name = Files.randomHex(bytes: 16)
        try Files.makeFolder(settings.outbox.path, mode: 0o700)
        try Files.replace(path, with: Array(name.utf8))
        return "clickd-" + name
    }

    // MARK: New settings

    /// Puts settings in force that differ in what can be taken without a restart. Every stage looks once a turn; those that
    /// may wait long for something to do are woken.
    public func take(_ new: Settings) {
        live.set(new)
        log.setLevel(new.log.level)
        door?.progress.signal()
        door?.wake()
        forwarderDoor?.arrived.signal()
    }

    // MARK: Watching and stopping

    /// Readable when a stage has ended.
    public var finishedDescriptors: [Int32] { stages.map { $0.control.finished.raw } }

    /// Stages whose loop has not turned for longer than `seconds`, while they run.
    public func stuckStages(seconds: Double) -> [String] {
        stages.filter { $0.control.outcome == nil && $0.control.secondsSinceTurn > seconds }.map { $0.control.name }
    }

    /// Each stage that runs, and for how long its loop has not turned; 0 while it does what may take long.
    public var turns: [(stage: String, seconds: Double)] {
        stages.filter { $0.control.outcome == nil }.map { ($0.control.name, max(0, $0.control.secondsSinceTurn)) }
    }

    /// Asked to stop.
    public var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Whether intake takes events now: the outbox has room, and nobody has stopped. nil where no intake runs.
    public var takesEvents: Bool? { door.map { !isStopping && !$0.isClosed && !$0.isFull } }

    /// nil while the topic was not seen yet, and without Kafka.
    public var topicRetention: TopicRetention? {
        topicWatch.flatMap { TopicRetention(milliseconds: $0.retentionMilliseconds) }
    }

    /// The first stage that ended by itself.
    public var failure: (exitCode: Int32, reason: String)? {
        for stage in stages {
            if case .failed(let exitCode, let reason)? = stage.control.outcome { return (exitCode, reason) }
        }
        return nil
    }

    /// Longest that a stop takes; a unit's TimeoutStopSec is above it.
    public static let stopSeconds = 45

    /// Stops every stage; false when one did not end in time. Those that nothing is behind are asked at once; intake,
    /// forwarder and outbox one after the other, so that what intake has read is stored and the last reports count.
    public func stop() -> Bool {
        stopping.store(true, ordering: .releasing)
        let deadline = Monotonic.now.adding(milliseconds: Pipeline.stopSeconds * 1000)
        let chain = ["intake", "forwarder", "outbox"]
        for stage in stages where !chain.contains(stage.control.name) { stage.control.requestStop() }
        let ordered = chain.flatMap { name in stages.filter { $0.control.name == name } }
        let others = stages.filter { !chain.contains($0.control.name) }
        return (ordered + others).reduce(true) { isWhole, stage in end(stage, by: deadline) && isWhole }
    }

    private func end(_ stage: Running, by deadline: Monotonic) -> Bool {
        let start = Monotonic.now
        stage.control.requestStop()
        guard stage.control.finished.wait(milliseconds: deadline.millisecondsFromNow) else {
            log.error("stage \(stage.control.name) did not stop within \(Pipeline.stopSeconds) s")
            return false
        }
        stage.thread.join()
        let took = Monotonic.milliseconds(from: start, to: .now)
        if took > 5000 { log.notice("stage \(stage.control.name) took \(took) ms to stop") }
        return true
    }
}
