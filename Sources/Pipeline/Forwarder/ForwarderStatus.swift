// What status says of the forwarder.
import Linux
import Metrics
import Synchronization

public final class ForwarderStatus: Sendable {
    /// Events with the producer, undelivered.
    public let inFlight = Atomic<Int>(0)
    /// New producers made because of an error.
    public let restarts = Atomic<Int>(0)
    /// From a batch's commit to its last delivery report. Without those read back from the outbox.
    public let delivery = Histogram(.seconds)
    /// The client's last word on what is wrong.
    public let lastError = Guarded<String?>(nil)

    package init() {}
}
