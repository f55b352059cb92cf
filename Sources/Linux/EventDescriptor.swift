// A descriptor that one thread signals and another waits for in poll or epoll: Linux's eventfd.

public final class EventDescriptor: Sendable {
    private let descriptor: FileDescriptor

    public init() throws(SystemError) {
        let raw = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard raw >= 0 else { throw SystemError("eventfd") }
        descriptor = FileDescriptor(owning: raw)
    }

    /// Readable from `signal` until `clear`.
    public var raw: Int32 { descriptor.raw }

    public func signal() {
        var one: UInt64 = 1
        _ = write(raw, &one, 8)
    }

    public func clear() {
        var count: UInt64 = 0
        _ = read(raw, &count, 8)
    }

    /// Waits at most `milliseconds` (-1: for ever) until one of the descriptors is readable.
    public static func wait(forAny descriptors: [Int32], milliseconds: Int32) {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&entries, nfds_t(entries.count), milliseconds)
    }

    /// Whether it is signalled, waiting at most `milliseconds` (-1: for ever).
    public func wait(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
