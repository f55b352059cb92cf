// What the doctor says: one thing looked at, a verdict, a sentence, and what to do about it.

package struct Finding: Sendable, Equatable {
    package enum Verdict: String, Sendable {
        case ok
        /// Works, and may bite one day.
        case warning
        /// A promise does not hold, or will not.
        case problem
    }

    /// Theme and thing: "topic.replication". Relied on from outside.
    package let check: String
    package let verdict: Verdict
    /// A sentence without a full stop.
    package let text: String
    /// A command, or a line of configuration; nil where all is well.
    package let remedy: String?

    package static func ok(_ check: String, _ text: String) -> Finding {
        Finding(check: check, verdict: .ok, text: text, remedy: nil)
    }

    package static func warning(_ check: String, _ text: String, remedy: String) -> Finding {
        Finding(check: check, verdict: .warning, text: text, remedy: remedy)
    }

    package static func problem(_ check: String, _ text: String, remedy: String) -> Finding {
        Finding(check: check, verdict: .problem, text: text, remedy: remedy)
    }
}
