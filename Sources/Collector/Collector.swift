// Takes events over HTTP: reads a request into lines, gives them to clickd, and answers when clickd has. Runs on the
// server's threads and never blocks; the end of a request comes from the link's thread.
// An answer of 200 says that clickd's OK was there: no other line of this program makes one for events.
import Events
import HTTP
import JSON
import Linux
import Metrics
import Settings

public final class Collector: Sendable {
    public let counters: CollectorCounters
    private let settings: WebSettings
    private let keys: WriteKeys
    private let link: Link
    private let answers: Answers
    private let benches: Guarded<[Bench]>

    /// What reading one request needs; as many as threads read at once.
    private final class Bench {
        var lines: EventLines
        var unpacked: [UInt8] = []

        init() throws { lines = try EventLines() }
    }

    /// `old`: one by other settings whose place this one takes; what was counted stays counted.
    public init(_ settings: WebSettings, link: Link, inPlaceOf old: Collector? = nil) {
        counters = old?.counters ?? CollectorCounters()
        benches = old?.benches ?? Guarded([])
        self.settings = settings
        self.link = link
        keys = WriteKeys(settings.writeKeys)
        answers = Answers(CrossOrigin(settings.allowOrigins))
    }

    /// What becomes of a request; nil: its path is not the collector's.
    public func answer(_ request: Request) -> Server.Answer? {
        guard let endpoint = Endpoint(request.path) else { return nil }
        let verdict = verdict(request)
        guard verdict != .refused else { return .now(refusal(.badOrigin, verdict)) }
        if request.method == .options { return .now(answers.crossOrigin.preflight(verdict)) }
        let isRight = endpoint == .pixel ? request.method == .get : request.method == .post
        guard isRight else {
            return .now(
                answers.refusal(
                    405, EventFault("wrong_method", "this path takes \(endpoint == .pixel ? "GET" : "POST")"), verdict,
                    headers: [("Allow", endpoint == .pixel ? "GET, OPTIONS" : "POST, OPTIONS")]))
        }
        do throws(EventFault) {
            let submission = try read(endpoint, request)
            counters.received.add(submission.received)
            counters.refused.add(submission.refused.count)
            return pass(submission, endpoint, verdict)
        } catch {
            counters.badRequests.add()
            return .now(refusal(error, verdict))
        }
    }

    /// The answer to a request that the server itself refuses.
    public func answer(_ refusal: Server.Refusal, _ request: Request) -> Response {
        counters.badRequests.add()
        switch refusal {
        case .bodyTooLarge: return answers.refusal(400, .bodyTooLarge, verdict(request))
        case .badFraming: return answers.refusal(400, .badFraming, .own, closes: true)
        }
    }

    private func refusal(_ fault: EventFault, _ verdict: CrossOrigin.Verdict) -> Response {
        answers.refusal(400, fault, verdict)
    }

    // MARK: Reading

    private func verdict(_ request: Request) -> CrossOrigin.Verdict {
        guard let origin = request.text("Origin") else { return .own }
        let forwarded = settings.trustProxy ? request.text("X-Forwarded-Host") : nil
        return answers.crossOrigin.verdict(origin: origin, host: forwarded ?? request.text("Host"))
    }

    private func read(_ endpoint: Endpoint, _ request: Request) throws(EventFault) -> Submission {
        guard let bench = benches.withLock({ $0.popLast() }) ?? (try? Bench()) else {
            throw EventFault("no_memory", "there is no memory for this request")
        }
        defer { benches.withLock { $0.append(bench) } }
        var origin = origin(of: request)
        if endpoint == .pixel {
            origin.isBrowser = true
            origin.sourceMember = try member(
                for: request.argument("writeKey").map { Array($0.utf8) } ?? basicKey(request))
            var arguments: [(name: String, value: String)] = []
            request.forEachArgument {
                arguments.append((String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self)))
            }
            try bench.lines.readOwn(Pixel.event(arguments, page: request.text("Referer") ?? ""), origin)
            return bench.lines.submission
        }
        if let encoding = request.text("Content-Encoding")?.lowercased(), encoding != "identity" {
            guard encoding == "gzip" || encoding == "x-gzip" else { throw .badEncoding }
            let count = try unpack(request.body, bench)
            let result = bench.unpacked.withUnsafeBytes { all in
                Result { () throws(EventFault) in
                    try read(UnsafeRawBufferPointer(rebasing: all[..<count]), endpoint, request, origin, bench)
                }
            }
            try result.get()
        } else {
            try read(request.body, endpoint, request, origin, bench)
        }
        return bench.lines.submission
    }

    private func unpack(_ body: UnsafeRawBufferPointer, _ bench: Bench) throws(EventFault) -> Int {
        do throws(GzipError) {
            return try Gzip.inflate(body, into: &bench.unpacked, limit: 512_000, padding: JSONParser.padding)
        } catch {
            throw error == .tooLarge ? .bodyTooLarge : .notGzip
        }
    }

    private func read(
        _ body: UnsafeRawBufferPointer, _ endpoint: Endpoint, _ request: Request, _ origin: Origin, _ bench: Bench
    ) throws(EventFault) {
        let type = BodyType(request.text("Content-Type"))
        switch endpoint {
        case .segment(let path):
            guard type == .json else { throw .badType }
            let header = basicKey(request)
            let check: KeyCheck = { (inBody) throws(EventFault) in
                try self.member(for: header ?? inBody.map { Array($0) })
            }
            switch path {
            case .batch: try bench.lines.readBatch(body, origin, key: check)
            case .event(let event): try bench.lines.readEvent(body, event, origin, key: check)
            }
        case .cloudEvents:
            var origin = origin
            origin.sourceMember = try member(for: basicKey(request))
            switch type {
            case .cloudEvent: try bench.lines.readCloudEvent(body, origin)
            case .cloudBatch: try bench.lines.readCloudBatch(body, origin)
            case .json, .other:
                let event = cloudEvent(request, body)
                guard !event.attributes.isEmpty else { throw .badType }
                try bench.lines.readCloudEvent(event, bodyBytes: body.count, origin)
            }
        case .pixel: break
        }
    }

    private func cloudEvent(_ request: Request, _ body: UnsafeRawBufferPointer) -> CloudEvent {
        var headers: [(name: [UInt8], value: [UInt8])] = []
        request.forEachHeader { name, value in
            let lower = name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            if lower.starts(with: "ce-".utf8), lower.count > 3 { headers.append((Array(lower[3...]), Array(value))) }
        }
        return CloudEvent(headers: headers, contentType: request.text("Content-Type") ?? "", body: body)
    }

    /// The key in the Authorization header, as the name with an empty password; nil: none.
    private func basicKey(_ request: Request) -> [UInt8]? {
        request.header("Authorization").flatMap { BasicCredentials.read($0)?.name }
    }

    private func member(for key: [UInt8]?) throws(EventFault) -> [UInt8] {
        if keys.isOpen { return [] }
        guard let key, let member = keys.sourceMember(for: key) else { throw .badKey }
        return member
    }

    private func origin(of request: Request) -> Origin {
        var origin = Origin()
        origin.anonymizes = settings.anonymizeIP
        origin.isPrivate = settings.respectGPC && request.header("Sec-GPC")?.elementsEqual("1".utf8) == true
        origin.userAgent = request.header("User-Agent").map { Array($0.prefix(1024)) } ?? []
        origin.isBrowser = request.header("Origin") != nil || request.header("Sec-Fetch-Mode") != nil
        let forwarded = settings.trustProxy ? request.text("X-Forwarded-For") : nil
        let address = forwarded.flatMap(ClientAddress.forwarded) ?? request.peer
        origin.address = ClientAddress.text(address, anonymized: settings.anonymizeIP).map { Array($0.utf8) } ?? []
        return origin
    }

    // MARK: Giving on

    private func pass(
        _ submission: Submission, _ endpoint: Endpoint, _ verdict: CrossOrigin.Verdict
    ) -> Server.Answer {
        // Nothing to store: an empty batch, or one of which no event can be.
        if submission.indices.isEmpty {
            return .now(answers.settled(submission.received, submission.refused, verdict))
        }
        return .later { request in
            self.link.send(submission.lines, count: submission.indices.count) { outcome in
                request.answer(self.answer(outcome, submission, endpoint, verdict))
            }
        }
    }

    private func answer(
        _ outcome: Link.Outcome, _ submission: Submission, _ endpoint: Endpoint, _ verdict: CrossOrigin.Verdict
    ) -> Response {
        switch outcome {
        case .away:
            counters.away.add(submission.indices.count)
            return answers.away(verdict)
        case .full:
            counters.full.add(submission.indices.count)
            return answers.full(verdict)
        case .settled(let refusals):
            counters.stored.add(submission.indices.count - refusals.count)
            counters.refused.add(refusals.count)
            if refusals.isEmpty, endpoint == .pixel { return answers.image(verdict) }
            let refused = submission.withRefusals(refusals)
            if !submission.isBatch, let only = refused.first { return refusal(only.fault, verdict) }
            return answers.settled(submission.received, refused, verdict)
        }
    }
}

/// What the collector counts, for metrics. Events: received = stored + refused + full + away + on their way.
public final class CollectorCounters: Sendable {
    public let received = Counter()
    public let stored = Counter()
    public let refused = Counter()
    public let full = Counter()
    public let away = Counter()
    /// Requests refused as a whole.
    public let badRequests = Counter()

    init() {}
}
