// What tests ask of MongoDB and of the ledger at the end of a run.
import Linux
import Mongo
import TestSupport
import Testing

enum Arrival {
    static func ids(in daemon: TestDaemon) throws -> [String] {
        let cursor = try daemon.events().find([:], projection: ["_id": 1], batchSize: 20_000)
        var ids: [String] = []
        while let document = try cursor.next() { ids.append(document.string("_id") ?? "?") }
        return ids
    }

    /// Waits until as many documents are there as there are `expected`, then compares ids: none missing, none more.
    static func expect(
        _ expected: Set<String>, in daemon: TestDaemon, within seconds: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let events = try daemon.events()
        eventually(
            within: seconds, "\(expected.count) events in MongoDB: \(daemon.status()?.json ?? "no status")",
            sourceLocation: sourceLocation
        ) {
            // The estimate is quick, but counts what a majority does not have yet; the ids are read with majority.
            guard ((try? events.estimatedCount()) ?? 0) >= expected.count else { return false }
            return ((try? events.count()) ?? 0) >= expected.count
        }
        let found = try ids(in: daemon)
        let missing = expected.subtracting(found).sorted()
        let strange = Set(found).subtracting(expected).sorted()
        let counts = (missing: missing.count, strange: strange.count, twice: found.count - Set(found).count)
        #expect(
            counts == (0, 0, 0),
            "\(counts); missing \(Array(missing.prefix(5))), never acknowledged \(Array(strange.prefix(5)))",
            sourceLocation: sourceLocation)
    }

    /// Waits until nothing is on its way and the ledger balances; the status then.
    @discardableResult
    static func settled(
        _ daemon: TestDaemon, within seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation
    ) -> TestStatus? {
        var last: TestStatus?
        eventually(
            within: seconds, "nothing is on its way: \(daemon.status()?.json ?? "no status")",
            sourceLocation: sourceLocation
        ) {
            last = daemon.status()
            guard let last else { return false }
            return last["ledger.outbox"] == 0 && last["ledger.pending"] == 0 && last["ledger.consumer_pending"] == 0
                && last["ledger.consumed"] >= last["ledger.forwarded"]
        }
        #expect(last?["ledger.skipped"] == 0, "\(last?.json ?? "no status")", sourceLocation: sourceLocation)
        #expect(last?.isBalanced == true, "\(last?.json ?? "no status")", sourceLocation: sourceLocation)
        return last
    }
}

/// An environment variable's number, else `standard`: long runs are asked for by the environment.
func environmentNumber(_ name: String, else standard: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
}
