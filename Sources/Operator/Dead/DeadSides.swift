// The two places where dead letters lie, behind one set of verbs: the outbox, asked through its daemon piece by piece, and
// MongoDB, reached by this command itself.
import Linux
import Mongo
import Pipeline
import Settings

/// What became of letters so far, and which they were.
struct DeadProgress {
    var tally = DeadLetters.Tally()
    /// Moved back into the outbox; what becomes of them there is not known yet.
    var requeued = 0
    var ids: Set<String> = []
    var all: Int { tally.all + requeued }
}

protocol DeadSide {
    var name: String { get }
    func count(_ filter: DeadFilter) throws -> Int
    /// Until `body` says false.
    func forEach(_ filter: DeadFilter, withValues: Bool, _ body: (DeadLetter) throws -> Bool) throws
    func retry(_ filter: DeadFilter, limit: Int, newIDs: Bool, _ progress: inout DeadProgress, _ show: (Int) -> Void)
        throws
    func drop(_ filter: DeadFilter, limit: Int, _ progress: inout DeadProgress, _ show: (Int) -> Void) throws
}

/// Letters cannot be reached, or were not moved; exit 1.
struct DeadFailure: Error, CustomStringConvertible {
    let description: String
}

struct OutboxSide: DeadSide {
    let name = "outbox"
    let socket: String

    private func ask(_ request: DeadRequest) throws -> DeadAnswer {
        do throws(ControlClient.NoDaemon) {
            let line = try ControlClient.ask(path: socket, request.line, waitingSeconds: 40)
            guard let answer = DeadAnswer(line: line) else {
                throw ControlClient.NoDaemon(text: "the daemon at \(socket) does not know dead letters")
            }
            if let problem = answer.problem { throw ControlClient.NoDaemon(text: problem) }
            return answer
        } catch { throw DeadFailure(description: error.text) }
    }

    func count(_ filter: DeadFilter) throws -> Int {
        var request = DeadRequest()
        request.action = .count
        request.filter = filter
        return try ask(request).matching
    }

    func forEach(_ filter: DeadFilter, withValues: Bool, _ body: (DeadLetter) throws -> Bool) throws {
        try forEachPiece(.list, filter, limit: .max, withValues: withValues) { letters in
            for letter in letters { guard try body(letter) else { return false } }
            return true
        }
    }

    func retry(_ filter: DeadFilter, limit: Int, newIDs: Bool, _ progress: inout DeadProgress, _ show: (Int) -> Void)
        throws
    {
        try forEachPiece(.retry, filter, limit: limit, newIDs: newIDs) { letters in
            progress.requeued += letters.count
            progress.ids.formUnion(letters.map(\.id))
            show(progress.all)
            return true
        }
    }

    func drop(_ filter: DeadFilter, limit: Int, _ progress: inout DeadProgress, _ show: (Int) -> Void) throws {
        try forEachPiece(.drop, filter, limit: limit) { letters in
            progress.tally.dropped += letters.count
            progress.ids.formUnion(letters.map(\.id))
            show(progress.all)
            return true
        }
    }

    /// Goes through what matches and was there at the first request, a bounded piece a request.
    private func forEachPiece(
        _ action: DeadRequest.Action, _ filter: DeadFilter, limit: Int, withValues: Bool = false, newIDs: Bool = false,
        _ body: ([DeadLetter]) throws -> Bool
    ) throws {
        // A request has a bounded line: many ids go in groups.
        let groups =
            filter.ids.isEmpty
            ? [[]]
            : stride(from: 0, to: filter.ids.count, by: 500).map {
                Array(filter.ids[$0..<min($0 + 500, filter.ids.count)])
            }
        var left = limit
        var below: Int64 = .max
        for ids in groups {
            var request = DeadRequest()
            request.action = action
            request.filter = filter
            request.filter.ids = ids
            request.withValues = withValues
            request.newIDs = newIDs
            while left > 0 {
                request.below = below
                request.limit = min(left, DeadDesk.mostLetters)
                let answer = try ask(request)
                if below == .max { below = answer.below }
                left -= answer.letters.count
                guard try body(answer.letters) else { return }
                guard let next = answer.next else { break }
                request.after = next
            }
        }
    }
}

struct MongoSide: DeadSide {
    let name = "mongodb"
    private let letters: DeadLetters

    init(_ settings: Settings) throws { letters = try DeadLetters(settings.mongodb, group: settings.kafka.group) }

    func count(_ filter: DeadFilter) throws -> Int { try letters.count(filter) }

    func forEach(_ filter: DeadFilter, withValues: Bool, _ body: (DeadLetter) throws -> Bool) throws {
        try letters.forEach(filter, withValues: withValues, body)
    }

    func retry(_ filter: DeadFilter, limit: Int, newIDs: Bool, _ progress: inout DeadProgress, _ show: (Int) -> Void)
        throws
    {
        var reached = progress
        defer { progress = reached }
        try letters.retry(filter, limit: limit, newIDs: newIDs) { piece, ids in
            reached.add(piece, ids)
            show(reached.all)
        }
    }

    func drop(_ filter: DeadFilter, limit: Int, _ progress: inout DeadProgress, _ show: (Int) -> Void) throws {
        var reached = progress
        defer { progress = reached }
        try letters.drop(filter, limit: limit) { piece, ids in
            reached.add(piece, ids)
            show(reached.all)
        }
    }
}

extension DeadProgress {
    fileprivate mutating func add(_ piece: DeadLetters.Tally, _ ids: [String]) {
        tally.inserted += piece.inserted
        tally.duplicates += piece.duplicates
        tally.refused += piece.refused
        tally.dropped += piece.dropped
        tally.gone += piece.gone
        self.ids.formUnion(ids)
    }
}
