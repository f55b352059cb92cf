// What only the dashboards need of the read listener: Chart.js from Debian's package, the page of a visitor whatever the
// visitor's name holds, whose shop this is, and one event to try the way with.
import Collector
import HTTP
import JSON
import Linux
import Pipeline
import Settings

struct DashboardRoutes: Sendable {
    private static let chartPath = "/usr/share/javascript/chart.js/chart.min.js"
    private static let testEvent = "Test Event"

    private let files: StaticFiles
    private let chart: Response
    private var about: [UInt8]
    private let link: Link

    init(_ settings: Settings, _ files: StaticFiles, _ link: Link, _ log: Log) {
        self.files = files
        self.link = link
        about = DashboardRoutes.about(settings)
        chart = DashboardRoutes.chart(log)
    }

    /// The same for other settings.
    func with(_ settings: Settings) -> DashboardRoutes {
        var changed = self
        changed.about = DashboardRoutes.about(settings)
        return changed
    }

    private static func chart(_ log: Log) -> Response {
        do throws(SystemError) {
            let script = try Files.read(chartPath)
            return Response(
                200, type: "text/javascript; charset=utf-8", body: script, headers: [("Cache-Control", "max-age=86400")]
            )
        } catch {
            log.warning("the dashboards have no charts: \(error); install libjs-chart.js")
            return Plain.notFound
        }
    }

    /// The answer, where the request is for one of these.
    func answer(_ request: Request) -> Server.Answer? {
        if request.path == "/api/test-event" { return sendTestEvent(request) }
        guard request.method == .get || request.method == .head else { return nil }
        if request.path == "/chart.js" { return .now(chart) }
        if request.path == "/api/about" { return .now(.json(200, about)) }
        if request.path.hasPrefix("/journey/") { return files.page("dashboards", "journey", request).map { .now($0) } }
        return nil
    }

    /// The shop is called as its only write key is, else as the host.
    private static func about(_ settings: Settings) -> [UInt8] {
        let keys = settings.web.writeKeys
        var writer = JSONWriter()
        writer.object {
            $0.member("name", keys.count == 1 ? keys[0].name : settings.host.name)
            $0.member("timezone", settings.web.timezone)
            $0.member("collector", "http://\(settings.web.listen)")
            $0.member("needs_key", !keys.isEmpty)
        }
        return writer.bytes
    }

    /// One event straight to clickd. Only this host's own pages may ask for it: another site's form can send neither this
    /// type of body nor a same-origin mark.
    private func sendTestEvent(_ request: Request) -> Server.Answer {
        guard request.method == .post else {
            return .now(Plain.json(405, "wrong_method", "this path takes POST", [("Allow", "POST")]))
        }
        let site = request.text("Sec-Fetch-Site")
        guard request.text("Content-Type")?.hasPrefix("application/json") == true, site == nil || site == "same-origin"
        else { return .now(Plain.json(403, "forbidden", "only the dashboards send a test event")) }
        let id = "test-\(Files.randomHex(bytes: 16))"
        var writer = JSONWriter()
        writer.object {
            $0.member("type", "track")
            $0.member("event", DashboardRoutes.testEvent)
            $0.member("messageId", id)
            $0.member("anonymousId", "test")
        }
        let line = writer.bytes + [0x0A]
        return .later { request in
            link.send(line, count: 1) { outcome in
                guard case .settled(let refusals) = outcome, refusals.isEmpty else {
                    request.answer(
                        Plain.json(503, "unavailable", "clickd did not take the event", [("Retry-After", "5")]))
                    return
                }
                var told = JSONWriter()
                told.object {
                    $0.member("messageId", id)
                    $0.member("visitor", "a:test")
                }
                request.answer(.json(200, told.bytes))
            }
        }
    }
}
