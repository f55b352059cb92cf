// The parts of a running clickd-web, put together: link, collector, workers, and the two listeners with their routes.
import Collector
import HTTP
import Linux
import Pipeline
import Settings

final class Site {
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
        workers = try Workers(4, settings, log)
        let collector = Collector(web, link: link)
        let metrics = WebMetrics(collector.counters, link)
        let workers = workers
        let open = Routes.publicRoutes(files, link)
        listener = try Server(
            host: web.listen.host, port: web.listen.port, threads: 2,
            refuse: { collector.answer($0, $1) },
            handler: { collector.answer($0) ?? open.answer($0, workers) })
        let access = ReadAccess(web)
        let read = Routes.readRoutes(files, metrics)
        let dashboards = DashboardRoutes(settings, files, link, log)
        readListener = try Server(
            host: web.readListen.host, port: web.readListen.port, threads: 1,
            refuse: { refusal, request in
                access.refusal(request) ?? Plain.json(400, "bad_request", "this listener takes small, plain requests")
            },
            handler: { request in
                access.refusal(request).map { .now($0) } ?? dashboards.answer(request) ?? read.answer(request, workers)
            })
        metrics.watch(listener, as: "listen")
        metrics.watch(readListener, as: "read_listen")
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
