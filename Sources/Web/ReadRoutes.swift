// What `web.read_listen` answers: pages for people, their numbers, and this program's own. One line a route.
import Collector
import HTTP
import Metrics

extension Routes {
    static func readRoutes(_ files: StaticFiles, _ metrics: WebMetrics) -> Routes {
        var routes = Routes()
        routes.atOnce("/healthz") { _ in Plain.ok }
        routes.atOnce("/metrics") { _ in
            Response(200, type: MetricsText.type, body: metrics.text())
        }
        routes.get("/api/*") { try ReportRoutes.answer($0, $1) }
        routes.get("/export/*") { try ReportRoutes.answer($0, $1) }
        routes.every("/odata") { try ODataRoutes.answer($0, $1) }
        routes.every("/odata/*") { try ODataRoutes.answer($0, $1) }
        routes.get("/clickd.pbids") { ODataRoutes.pbids($0, trustsProxy: $1.settings.web.trustProxy) }
        routes.atOnce("/connect") { files.page("dashboards", "connect.html", $0) ?? Plain.notFound }
        routes.atOnce("/*") { files.page("dashboards", String($0.path.dropFirst()), $0) ?? Plain.notFound }
        return routes
    }
}
