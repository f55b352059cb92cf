// A few threads, each with a MongoDB client of its own, that write chunks, and one that marks for the roll-ups the minutes
// of all chunks written while its last marks were on their way: the writers do not wait for it. What MongoDB does not take
// now is tried again until it does, with backoff; the pool's owner sees a chunk again only when every record of it has an
// outcome and its minutes are marked.
import Linux
import Mongo
import Rollups
import Settings
import Synchronization

final class WriterPool: Sendable {
    private struct Work {
        var waiting: [WriteChunk] = []
        /// Written, to be marked.
        var written: [WriteChunk] = []
        var isStopping = false
    }

    private let work = Guarded(Work())
    private let done = Guarded<[WriteChunk]>([])
    /// Signalled when a chunk is finished.
    let finished: EventDescriptor
    private let threads: [NamedThread]
    static let writers = 2

    init(settings: MongoSettings, conditions: Conditions, status: WriterStatus) throws {
        finished = try EventDescriptor()
        let work = work
        let done = done
        let finished = finished
        var threads: [NamedThread] = []
        for number in 1...WriterPool.writers {
            let writer = Handed(try EventWriter(settings: settings))
            threads.append(
                try NamedThread.start("writer-\(number)") {
                    while let chunk = WriterPool.next(work) {
                        let isWritten = WriterPool.persist(work, conditions, status, settings) {
                            () throws(MongoError) in
                            let start = Monotonic.now
                            try writer.value.write(chunk)
                            status.writeSeconds.observe(Int(Monotonic.now.nanoseconds - start.nanoseconds))
                            status.writeEvents.observe(chunk.records.count)
                        }
                        if isWritten { work.update { $0.written.append(chunk) } }
                    }
                })
        }
        threads.append(
            try NamedThread.start("marks") {
                var marks: RollupMarks?
                while let chunks = WriterPool.written(work) {
                    var places: [SegmentPlace: Int] = [:]
                    for chunk in chunks { places.merge(chunk.places, uniquingKeysWith: +) }
                    let isMarked = WriterPool.persist(work, conditions, status, settings) { () throws(MongoError) in
                        if marks == nil {
                            let client = try MongoClient.open(
                                uri: settings.uri.revealed, socketTimeout: MongoClient.writingTimeout)
                            marks = try RollupMarks(client, database: settings.database)
                        }
                        try marks?.mark(places)
                    }
                    guard isMarked else { return }
                    done.withLock { $0 += chunks }
                    finished.signal()
                }
            })
        self.threads = threads
    }

    func give(_ chunk: WriteChunk) { work.update { $0.waiting.append(chunk) } }

    /// Chunks finished since the last call, in the order of their ends.
    func take() -> [WriteChunk] {
        finished.clear()
        return done.withLock { chunks in
            defer { chunks = [] }
            return chunks
        }
    }

    /// Ends the threads; what is not written stays with its source. Within the time one write may take.
    func stop() {
        let wasStopping = work.update { work in
            defer { work.isStopping = true }
            return work.isStopping
        }
        // A thread is joined once.
        if !wasStopping { for thread in threads { thread.join() } }
    }

    /// Does it until MongoDB takes it; false when asked to stop before.
    private static func persist(
        _ work: Guarded<Work>, _ conditions: Conditions, _ status: WriterStatus, _ settings: MongoSettings,
        _ write: () throws(MongoError) -> Void
    ) -> Bool {
        var pause = 50
        while true {
            do throws(MongoError) {
                try write()
                conditions.set("mongodb", nil)
                return true
            } catch {
                conditions.mongoFailed(error, settings)
                status.failures.add()
                let deadline = Monotonic.now.adding(milliseconds: pause)
                pause = min(2 * pause, 2000)
                if work.wait(until: deadline, { $0.isStopping ? true : nil }) ?? false { return false }
            }
        }
    }

    private static func next(_ work: Guarded<Work>) -> WriteChunk? {
        work.wait { state -> WriteChunk?? in
            if state.isStopping { return .some(nil) }
            return state.waiting.isEmpty ? nil : .some(state.waiting.removeFirst())
        } ?? nil
    }

    private static func written(_ work: Guarded<Work>) -> [WriteChunk]? {
        work.wait { state -> [WriteChunk]?? in
            if state.isStopping { return .some(nil) }
            guard !state.written.isEmpty else { return nil }
            defer { state.written = [] }
            return .some(state.written)
        } ?? nil
    }
}

/// A value made on one thread and used on one other. `@unchecked Sendable`: the maker lets go of it.
struct Handed<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
