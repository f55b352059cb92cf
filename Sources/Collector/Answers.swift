// What senders are answered. 200 only for what clickd has stored or refused for good; 400 only for what will never work,
// since libraries repeat nearly everything else; 429 and 503 for what they are to send again, with the time to wait.
import HTTP
import JSON

struct Answers: Sendable {
    /// Seconds that a sender is asked to wait.
    static let waitSeconds = "5"

    let crossOrigin: CrossOrigin
    /// By kind of CORS headers: the answer to one stored event, by far the most frequent.
    private let oneStored: [Response]
    private let pixel: [Response]

    init(_ crossOrigin: CrossOrigin) {
        self.crossOrigin = crossOrigin
        let verdicts = (0..<crossOrigin.kinds).map { $0 == 0 ? CrossOrigin.Verdict.own : .allowed($0 - 1) }
        oneStored = verdicts.map { verdict in
            let submission = Answers.body(received: 1, refused: [])
            return .json(200, submission, headers: crossOrigin.headers(verdict))
        }
        pixel = verdicts.map { verdict in
            Response(
                200, type: "image/gif", body: Pixel.image,
                headers: crossOrigin.headers(verdict) + [("Cache-Control", "no-store")])
        }
    }

    private func kind(_ verdict: CrossOrigin.Verdict) -> Int {
        if case .allowed(let number) = verdict { number + 1 } else { 0 }
    }

    /// clickd has settled every event; `refused` are those it will never take, in the batch's order.
    func settled(_ received: Int, _ refused: [Submission.Refused], _ verdict: CrossOrigin.Verdict) -> Response {
        if received == 1, refused.isEmpty { return oneStored[kind(verdict)] }
        return .json(200, Answers.body(received: received, refused: refused), headers: crossOrigin.headers(verdict))
    }

    func image(_ verdict: CrossOrigin.Verdict) -> Response { pixel[kind(verdict)] }

    private static func body(received: Int, refused: [Submission.Refused]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.member("success", true)
            object.member("received", received)
            object.member("stored", received - refused.count)
            object.key("errors")
            object.array { errors in
                for one in refused {
                    errors.object { error in
                        error.member("index", one.index)
                        error.key("messageId")
                        if one.messageId.isEmpty { error.null() } else { error.string(utf8: one.messageId) }
                        error.member("code", one.fault.code)
                        error.member("message", one.fault.message)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// A code and a sentence.
    func refusal(
        _ status: Int, _ fault: EventFault, _ verdict: CrossOrigin.Verdict, headers: [Response.Header] = [],
        closes: Bool = false
    ) -> Response {
        var writer = JSONWriter()
        writer.object { object in
            object.member("code", fault.code)
            object.member("message", fault.message)
        }
        return .json(status, writer.bytes, headers: crossOrigin.headers(verdict) + headers, closes: closes)
    }

    func full(_ verdict: CrossOrigin.Verdict) -> Response {
        refusal(
            429, EventFault("full", "clickd has no room or does not keep up; send it again later"), verdict,
            headers: [("Retry-After", Answers.waitSeconds), ("X-RateLimit-Reset", Answers.waitSeconds)])
    }

    func away(_ verdict: CrossOrigin.Verdict) -> Response {
        refusal(
            503, EventFault("away", "clickd cannot be reached; send it again later"), verdict,
            headers: [("Retry-After", Answers.waitSeconds)])
    }
}
