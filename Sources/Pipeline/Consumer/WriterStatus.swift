// What metrics say of the writers to MongoDB, in both modes.
import Metrics

public final class WriterStatus: Sendable {
    /// A chunk's writes, when they succeeded: inserts, and looking up what was there already.
    public let writeSeconds = Histogram(.seconds)
    /// Events in a chunk.
    public let writeEvents = Histogram(.counts)
    /// Tries that failed and are made again.
    public let failures = Counter()

    package init() {}
}
