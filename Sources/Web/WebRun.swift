// `clickd-web run`: two listeners, the link to clickd, the workers. Main waits on signals and stops in order, within a
// bound: no new connections, what waits for clickd's OK is answered, then the threads end.
import Collector
import HTTP
import Linux
import Operator
import Pipeline
import Reports
import Settings
import Systemd

enum WebRun {
    private static let serverThreads = 2
    private static let workerThreads = 4

    /// `file`: as the command line names it, for reading it again.
    static func run(_ settings: Settings, file: String?, folder: String) -> Int32 {
        let log = Log(level: settings.log.level)
        guard let socket = settings.intake.streamSocket else {
            log.error(
                "intake.stream_socket is off, and clickd-web hands its events to it; set it in both programs' file")
            return 2
        }
        // Days in reports: the process has one zone, and no thread has asked for it yet.
        Zone.use(settings.web.timezone)
        _ = mallopt(M_MMAP_THRESHOLD, 4 << 20)
        signal(SIGPIPE, SIG_IGN)
        DescriptorLimit.raise()
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A plain number: Swift 6.0 cannot compile a noncopyable value across these returns.
        let descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC))
        defer { close(descriptor) }

        let site: Site
        do {
            site = try Site(settings, socket: socket, folder: folder, log: log)
        } catch {
            log.error("\(error)")
            ServiceManager.notify("STATUS=\(error)")
            return 1
        }
        log.notice("clickd-web runs: events at \(settings.web.listen), reading at \(settings.web.readListen)")
        ServiceManager.notify("READY=1\nSTATUS=running")
        let reload = Reload(
            file: file, program: .web, log: log,
            takes: {
                site.take($0)
                log.setLevel($0.log.level)
            },
            state: { ServiceManager.notify("STATUS=" + ($0.map { "configuration: \($0)" } ?? "running")) })
        wait(descriptor, log) { reload.run(from: site.settings) }
        ServiceManager.notify("STOPPING=1")
        guard site.stop() else {
            // Somebody's database answers too late: nothing of ours is lost by leaving.
            log.warning("stopped while some requests still waited")
            _exit(1)
        }
        log.notice("stopped")
        return 0
    }

    private static func wait(_ signals: Int32, _ log: Log, onHangUp: () -> Void) {
        let watchdog = ServiceManager.watchdogMicroseconds.map { Int32(clamping: $0 / 2000) } ?? -1
        while true {
            var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, watchdog) == 0 {
                ServiceManager.notify("WATCHDOG=1")
                continue
            }
            var info = signalfd_siginfo()
            guard read(signals, &info, MemoryLayout<signalfd_siginfo>.size) > 0 else { continue }
            if info.ssi_signo == UInt32(SIGHUP) {
                onHangUp()
                continue
            }
            log.notice("signal \(info.ssi_signo): stopping")
            return
        }
    }
}
