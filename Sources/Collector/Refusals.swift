// clickd's refusals, as errors of the request they belong to.
import JSON
import Linux

extension Submission {
    /// All refused events in the batch's order: those refused before sending, and clickd's.
    func withRefusals(_ refusals: [Link.Refusal]) -> [Refused] {
        guard !refusals.isEmpty else { return refused }
        let theirs = refusals.compactMap { refusal -> Refused? in
            guard indices.indices.contains(refusal.line) else { return nil }
            return Refused(
                index: indices[refusal.line], messageId: messageId(ofLine: refusal.line),
                fault: EventFault(refusal.code, refusal.text))
        }
        return (refused + theirs).sorted { $0.index < $1.index }
    }

    /// The id that the line says, for the sender to find its event by; empty where it says none.
    private func messageId(ofLine number: Int) -> [UInt8] {
        let line = lines.split(separator: 0x0A)[number]
        guard let parser = try? JSONParser.make(capacity: max(line.count, 64), maxDepth: 128) else { return [] }
        let id = try? parser.parse(copying: line) { tape in
            tape.member("messageId", of: tape.top).flatMap { tape.kind($0) == .string ? Array(tape.string($0)) : nil }
        }
        return id ?? []
    }
}
