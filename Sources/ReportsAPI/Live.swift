// /api/live: server-sent events in short answers. Each answer holds what is new and ends; the browser's EventSource comes
// again after `retry` with the id of what it has seen. So a page that is left open holds no thread and no connection,
// and any proxy in between passes it on at once.
import JSON
import Linux
import Mongo
import Reports

extension ReportsAPI {
    private static let retryMilliseconds = 1000
    /// How far back an event may arrive behind its neighbours and still be shown; the page drops ids it has.
    private static let overlap: Int64 = 10_000

    func live(_ parameters: Parameters, _ now: Int64) throws -> Answer {
        try parameters.check(known: Filters.names + ["last_event_id"])
        let filters = try Filters.parse(parameters)
        // `received|hash of the numbers`, as sent before; anything else is a first visit.
        let known = (try parameters.one("last_event_id") ?? "").split(separator: "-").map(String.init)
        let since = known.first.flatMap { Int64($0) }
        let newest = try events.newest(50, now: now, filters)
        let fresh = newest.filter { event in since.map { event.received > $0 - ReportsAPI.overlap } ?? true }
        let report = try RealtimeReport.make(segments, filters, now: now)
        var numbers = JSONWriter()
        numbers.object {
            $0.member("period", report.period, updated: now)
            report.write(&$0)
        }
        let received = max(since ?? 0, newest.map(\.received).max() ?? 0)
        let hash = ReportsAPI.hash(numbers.bytes)
        let id = "\(received)-\(hash)"
        var text = Array("retry: \(ReportsAPI.retryMilliseconds)\n\n".utf8)
        func send(_ name: String, _ json: [UInt8]) {
            text += Array("id: \(id)\nevent: \(name)\ndata: ".utf8) + json + Array("\n\n".utf8)
        }
        if !fresh.isEmpty {
            var writer = JSONWriter()
            writer.object { $0.members("events", fresh.reversed()) { $0.write($1) } }
            send("events", writer.bytes)
        }
        if known.count != 2 || known[1] != hash { send("numbers", numbers.bytes) }
        send("ping", Array("{}".utf8))
        var answer = Answer(status: 200, type: "text/event-stream; charset=utf-8", body: text)
        answer.headers = [("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
        return answer
    }

    private static func hash(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 36)
    }
}
