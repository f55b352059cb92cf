// The parts of a running clickd-web, put together: link, collector, workers, and the two listeners with their routes.
import Collector
import HTTP
import Linux
import Pipeline
import Settings

final class Site {
    /// What answers by the settings in force. A request keeps to those it met, whole.
    private struct Doors {
        let collector: Collector
        let access: ReadAccess
        let dashboards: DashboardRoutes
    }

    private let live: LiveSettings
    private let doors: Guarded<Doors>
    private let link: Link
    private let workers: Workers
    private let listener: Server
    private let readListener: Server

    init(_ settings: Settings, socket: String, folder: String, log: Log) throws {
        let files: StaticFiles
        do throws(SystemError) { files = try StaticFiles.read(folder) } catch {
            log.warning("no pages: \(error); the collector works without")
            files = StaticFiles.none
        }
        let web = settings.web
        link = try Link(socket: socket)
        let live = LiveSettings(settings)
        self.live = live
        workers = try Workers(4, live, log)
        let collector = Collector(web, link: link)
        let doors = Guarded(
            Doors(
                collector: collector, access: ReadAccess(web), dashboards: DashboardRoutes(settings, files, link, log)))
        self.doors = doors
        let metrics = WebMetrics(collector.counters, link)
        let workers = workers
        let open = Routes.publicRoutes(files, link)
        let read = Routes.readRoutes(files, metrics)
        readListener = try Server(
            host: web.readListen.host, port: web.readListen.port, threads: 1,
            refuse: { refusal, request in
                doors.withLock { $0.access }.refusal(request)
                    ?? Plain.json(400, "bad_request", "this listener takes small, plain requests")
            },
            handler: { request in
                let now = doors.withLock { $0 }
                return now.access.refusal(request).map { .now($0) } ?? now.dashboards.answer(request)
                    ?? read.answer(request, workers)
            })
        // The last: whom it answers may go on to the other at once.
        listener = try Server(
            host: web.listen.host, port: web.listen.port, threads: 2,
            refuse: { refusal, request in doors.withLock { $0.collector }.answer(refusal, request) },
            handler: { request in doors.withLock { $0.collector }.answer(request) ?? open.answer(request, workers) })
        metrics.watch(listener, as: "listen")
        metrics.watch(readListener, as: "read_listen")
    }

    /// In force now.
    var settings: Settings { live.now }

    /// Puts settings in force: each request goes by those it meets.
    func take(_ new: Settings) {
        live.set(new)
        doors.withLock { doors in
            doors = Doors(
                collector: Collector(new.web, link: link, inPlaceOf: doors.collector),
                access: ReadAccess(new.web, tries: doors.access), dashboards: doors.dashboards.with(new))
        }
    }

    /// False when requests still waited after the time for it.
    func stop() -> Bool {
        listener.quiesce()
        readListener.quiesce()
        link.stop(milliseconds: 5000)
        workers.stop()
        let isListenerDone = listener.stop(seconds: 5)
        return readListener.stop(seconds: 5) && isListenerDone
    }
}
