// `clickd run`: the daemon. Main waits on signals and on every stage's end, feeds systemd's watchdog while every
// stage's loop turns, and stops in order, within a bound. The exit status says why it ended.
import HTTP
import Linux
import Pipeline
import SQLite
import Settings
import Systemd

enum RunCommand {

    /// `file`: as the command line names it, for reading it again.
    static func run(_ settings: Settings, file: String?) -> Int32 {
        // Secrets and events are in this memory. Root may still take a core on purpose (gcore).
        clickd_keep_memory_private()
        let log = Log(level: settings.log.level)
        // Batches come and go in a flood: without these their memory is given to the kernel and faulted in each time.
        _ = mallopt(M_MMAP_THRESHOLD, 4 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, 32 << 20)
        DescriptorLimit.raise()
        signal(SIGPIPE, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let descriptor = FileDescriptor(owning: signalfd(-1, &signals, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)))

        let pipeline: Pipeline
        let control: ControlServer
        let metrics: Server?
        var begun: Pipeline?
        do {
            pipeline = try Pipeline(settings, log: log, inherited: ServiceManager.inheritedSockets())
            begun = pipeline
            control = try ControlServer(pipeline, settings: settings.control, log: log)
            metrics = try MetricsServer.start(pipeline)
        } catch {
            _ = begun?.stop()
            let (text, code) = explain(error)
            log.error(text)
            ServiceManager.notify("STATUS=\(text)")
            return code
        }
        let controlThread = try? NamedThread.start("control") { control.run() }
        log.notice(
            "clickd \(Version.text) runs: mode \(settings.pipeline.mode.rawValue), roles "
                + settings.pipeline.roles.map(\.rawValue).sorted().joined(separator: ", "))
        ServiceManager.notify("READY=1\nSTATUS=running")

        let reload = Reload(file: file, program: .daemon, log: log, takes: pipeline.take) {
            pipeline.conditions.set("configuration", $0)
        }
        wait(pipeline, descriptor.raw, reload, log)

        ServiceManager.notify("STOPPING=1")
        let isWhole = pipeline.stop()
        control.stop()
        controlThread?.join()
        _ = metrics?.stop(seconds: 1)
        if let failure = pipeline.failure {
            log.error(failure.reason)
            ServiceManager.notify("STATUS=\(failure.reason)")
            _exit(failure.exitCode)
        }
        log.notice(isWhole ? "stopped" : "stopped, not all in order")
        return isWhole ? 0 : 1
    }

    /// Until a signal to stop, or until a stage ended by itself.
    private static func wait(_ pipeline: Pipeline, _ signals: Int32, _ reload: Reload, _ log: Log) {
        let watchdog = ServiceManager.watchdogMicroseconds.map { Int64($0) * 1000 / 2 }
        var lastFeed = Monotonic(nanoseconds: 0)
        var lastStatus = ""
        while true {
            let timeout = Int32(min(1000, (watchdog ?? 2_000_000_000) / 1_000_000))
            var entries = ([signals] + pipeline.finishedDescriptors).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&entries, nfds_t(entries.count), timeout)
            if entries[0].revents != 0 {
                var info = signalfd_siginfo()
                guard read(signals, &info, MemoryLayout<signalfd_siginfo>.size) > 0 else { continue }
                if info.ssi_signo == UInt32(SIGHUP) {
                    reload.run(from: pipeline.settings)
                    lastStatus = ""
                    continue
                }
                log.notice("signal \(info.ssi_signo): stopping")
                return
            }
            if entries.dropFirst().contains(where: { $0.revents != 0 }) { return }
            let sickness = Health(pipeline).sickness
            pipeline.conditions.set("stage", sickness)
            pipeline.conditions.set(
                "clock",
                WallClock.nowMilliseconds < WallClock.earliestMilliseconds ? "the system's clock is before 2026" : nil)
            if let watchdog, sickness == nil, Monotonic.now.nanoseconds - lastFeed.nanoseconds >= watchdog {
                lastFeed = .now
                ServiceManager.notify("WATCHDOG=1")
            }
            let status = pipeline.conditions.all.first.map { "degraded: \($0.part): \($0.reason)" } ?? "running"
            if status != lastStatus {
                lastStatus = status
                ServiceManager.notify("STATUS=\(status)")
            }
        }
    }

    /// A start that failed, as a sentence and an exit code.
    private static func explain(_ error: any Error) -> (String, Int32) {
        switch error {
        case let error as OutboxError: (error.text, error.exitCode)
        case let error as LocalSocket.InUse: ("another process serves \(error.path)", 2)
        case let error as SQLiteError: ("outbox: \(error)", error.remedy == .distrustDisk ? 5 : 1)
        case let error as SystemError: ("\(error)", 1)
        default: ("\(error)", 1)
        }
    }
}
