// `metrics.listen`: /metrics, /healthz, /readyz. One thread of its own, few connections, short patience: what asks slowly
// or too often keeps others who ask waiting, never an event.
import HTTP
import Linux
import Metrics
import Pipeline
import Settings

/// `@unchecked Sendable`: of the pipeline it uses what is constant or locked.
final class MetricsServer: @unchecked Sendable {
    private let pipeline: Pipeline
    private let metrics: DaemonMetrics

    private init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
        metrics = DaemonMetrics(pipeline)
    }

    /// Listens as configured; nil where nothing is.
    static func start(_ pipeline: Pipeline) throws(SystemError) -> Server? {
        guard let address = pipeline.settings.metrics.listen else { return nil }
        let served = MetricsServer(pipeline)
        var limits = Server.Limits()
        limits.connections = 32
        limits.bodyBytes = 0
        limits.discardedBytes = 0
        limits.connectionMemory = 16 << 10
        limits.headerSeconds = 5
        limits.bodySeconds = 5
        limits.answerSeconds = 10
        return try Server(
            host: address.host, port: address.port, threads: 1, limits: limits, refuse: { _, _ in refused }
        ) { .now(served.answer($0)) }
    }

    private static let refused = Response.text(400, "only GET without a body\n", closes: true)

    private func answer(_ request: Request) -> Response {
        guard request.method == .get || request.method == .head else {
            return .text(405, "this path takes GET\n", headers: [("Allow", "GET, HEAD")])
        }
        switch request.path {
        case "/metrics": return Response(200, type: MetricsText.type, body: metrics.text())
        case "/healthz": return verdict(Health(pipeline).sickness)
        case "/readyz": return verdict(Health(pipeline).refusal)
        default: return .text(404, "here are /metrics, /healthz and /readyz\n")
        }
    }

    private func verdict(_ reason: String?) -> Response {
        .text(reason == nil ? 200 : 503, (reason ?? "ok") + "\n", headers: [("Cache-Control", "no-store")])
    }
}
