// What status says of intake.
import Linux
import Metrics
import Synchronization

public final class IntakeStatus: Sendable {
    /// Stream connections that are open.
    public let connections = Atomic<Int>(0)
    /// From the first line of a batch being read to the answers being sent: the longest that any of its senders waited.
    public let acknowledgement = Histogram(.fine)

    package init() {}
}
