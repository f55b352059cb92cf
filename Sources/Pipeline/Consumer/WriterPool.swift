// A few threads, each with a MongoDB client of its own, that write chunks. What MongoDB does not take now is tried
// again until it does, with backoff; the pool's owner sees a chunk again only when every record of it has an outcome.
import Linux
import Mongo
import Settings
import Synchronization

final class WriterPool: Sendable {
    private struct Work {
        var waiting: [WriteChunk] = []
        var isStopping = false
    }

    private let work = Guarded(Work())
    private let done = Guarded<[WriteChunk]>([])
    /// Signalled when a chunk is finished.
    let finished: EventDescriptor
    private let threads: [NamedThread]
    static let writers = 2

    init(settings: MongoSettings, conditions: Conditions) throws {
        finished = try EventDescriptor()
        let work = work
        let done = done
        let finished = finished
        threads = try (1...WriterPool.writers).map { number in
            let writer = Handed(try EventWriter(settings: settings))
            return try NamedThread.start("writer-\(number)") {
                WriterPool.run(writer.value, work, conditions) { chunk in
                    done.withLock { $0.append(chunk) }
                    finished.signal()
                }
            }
        }
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

    private static func run(
        _ writer: EventWriter, _ work: Guarded<Work>, _ conditions: Conditions, _ finish: (WriteChunk) -> Void
    ) {
        while let chunk = next(work) {
            var pause = 50
            while true {
                do throws(MongoError) {
                    try writer.write(chunk)
                    conditions.set("mongodb", nil)
                    finish(chunk)
                    break
                } catch {
                    conditions.set("mongodb", error.text)
                    let deadline = Monotonic.now.adding(milliseconds: pause)
                    pause = min(2 * pause, 2000)
                    let isStopping = work.wait(until: deadline) { $0.isStopping ? true : nil } ?? false
                    if isStopping { return }
                }
            }
        }
    }

    private static func next(_ work: Guarded<Work>) -> WriteChunk? {
        work.wait { state -> WriteChunk?? in
            if state.isStopping { return .some(nil) }
            return state.waiting.isEmpty ? nil : .some(state.waiting.removeFirst())
        } ?? nil
    }
}

/// A value made on one thread and used on one other. `@unchecked Sendable`: the maker lets go of it.
struct Handed<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
