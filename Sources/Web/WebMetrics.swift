// This program's numbers for Prometheus, by the same writer as the daemon's; docs/metrics.md is their reference.
import Collector
import HTTP
import Linux
import Metrics
import Operator

final class WebMetrics: Sendable {
    private let collector: CollectorCounters
    private let link: Link
    private let servers = Guarded<[(listener: String, server: Server)]>([])

    init(_ collector: CollectorCounters, _ link: Link) {
        self.collector = collector
        self.link = link
    }

    func watch(_ server: Server, as listener: String) { servers.withLock { $0.append((listener, server)) } }

    func text() -> [UInt8] {
        let servers = servers.withLock { $0 }
        var text = MetricsText()
        text.family(
            "clickd_web_build_info", .gauge, "The running version, always 1.", [.init(1, ("version", Version.text))])
        text.family(
            "clickd_web_requests_total", .counter, "Requests answered, by listener and status.",
            servers.flatMap { entry in
                entry.server.counts.map { .init($0.count, ("listener", entry.listener), ("code", String($0.status))) }
            })
        text.family(
            "clickd_web_connections", .gauge, "Open connections.",
            servers.map { .init($0.server.connections, ("listener", $0.listener)) })
        for (name, help, counter) in [
            ("received", "Events that came.", collector.received),
            ("stored", "Events that clickd has stored and synced.", collector.stored),
            ("refused", "Events refused for good.", collector.refused),
            ("full", "Events sent back because clickd had no room.", collector.full),
            ("away", "Events sent back because clickd was away.", collector.away),
        ] { text.counter("clickd_web_events_\(name)_total", help, counter.value) }
        text.counter("clickd_web_bad_requests_total", "Requests refused as a whole.", collector.badRequests.value)
        text.gauge("clickd_web_link_up", "1 while clickd can be reached.", link.isUp ? 1 : 0)
        text.gauge("clickd_web_link_waiting_bytes", "Bytes given to clickd that wait for its OK.", link.waitingBytes)
        text.counter(
            "clickd_web_link_reconnections_total", "Times that the way to clickd had to be made anew.",
            link.reconnections)
        text.process()
        return text.bytes
    }
}
