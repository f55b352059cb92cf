// This program's numbers as Prometheus reads them (https://prometheus.io/docs/instrumenting/exposition_formats/).
import Collector
import HTTP
import Linux

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
        var text = ""
        func family(_ name: String, _ kind: String, _ help: String, _ samples: [(labels: String, value: Int)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            for sample in samples { text += "\(name)\(sample.labels) \(sample.value)\n" }
        }
        let servers = servers.withLock { $0 }
        family(
            "clickd_web_requests_total", "counter", "Requests answered, by listener and status.",
            servers.flatMap { entry in
                entry.server.counts.map { ("{listener=\"\(entry.listener)\",code=\"\($0.status)\"}", $0.count) }
            })
        family(
            "clickd_web_connections", "gauge", "Open connections.",
            servers.map { ("{listener=\"\($0.listener)\"}", $0.server.connections) })
        for (name, help, counter) in [
            ("received", "Events that came.", collector.received),
            ("stored", "Events that clickd has stored and synced.", collector.stored),
            ("refused", "Events refused for good.", collector.refused),
            ("full", "Events sent back because clickd had no room.", collector.full),
            ("away", "Events sent back because clickd was away.", collector.away),
        ] { family("clickd_web_events_\(name)_total", "counter", help, [("", counter.value)]) }
        family(
            "clickd_web_bad_requests_total", "counter", "Requests refused as a whole.",
            [("", collector.badRequests.value)])
        family("clickd_web_link_up", "gauge", "Whether clickd can be reached.", [("", link.isUp ? 1 : 0)])
        family(
            "clickd_web_link_waiting_bytes", "gauge", "Bytes given to clickd that wait for its OK.",
            [("", link.waitingBytes)])
        family(
            "clickd_web_link_reconnections_total", "counter", "Times that the way to clickd had to be made anew.",
            [("", link.reconnections)])
        return Array(text.utf8)
    }
}
