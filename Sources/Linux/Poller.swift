// Waiting for many descriptors at once: epoll, level-triggered.

public struct Poller: ~Copyable {
    private let descriptor: FileDescriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity: Int

    /// Readable itself when one of its descriptors is ready, so that pollers nest.
    public var raw: Int32 { descriptor.raw }

    /// What a wait saw of one descriptor.
    public struct Ready {
        /// The tag given when it was added.
        public let tag: UInt64
        public let canRead: Bool
        public let canWrite: Bool
        /// The peer hung up or the descriptor is in error; a read tells.
        public let isOver: Bool
    }

    public static func make(capacity: Int = 256) throws(SystemError) -> Poller {
        let raw = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard raw >= 0 else { throw SystemError("epoll_create1") }
        return Poller(descriptor: FileDescriptor(owning: raw), capacity: capacity)
    }

    private init(descriptor: consuming FileDescriptor, capacity: Int) {
        self.descriptor = descriptor
        self.capacity = capacity
        events = .allocate(capacity: capacity)
    }

    deinit { events.deallocate() }

    public func add(_ fd: Int32, tag: UInt64, read: Bool = true, write: Bool = false) throws(SystemError) {
        try control(EPOLL_CTL_ADD, fd, tag, read, write)
    }

    public func change(_ fd: Int32, tag: UInt64, read: Bool, write: Bool) throws(SystemError) {
        try control(EPOLL_CTL_MOD, fd, tag, read, write)
    }

    public func remove(_ fd: Int32) { epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, fd, nil) }

    private func control(_ operation: Int32, _ fd: Int32, _ tag: UInt64, _ read: Bool, _ write: Bool)
        throws(SystemError)
    {
        var event = epoll_event()
        event.events = (read ? EPOLLIN.rawValue : 0) | (write ? EPOLLOUT.rawValue : 0)
        event.data.u64 = tag
        guard epoll_ctl(descriptor.raw, operation, fd, &event) == 0 else { throw SystemError("epoll_ctl") }
    }

    /// Waits at most `milliseconds` (-1: for ever) and hands on every descriptor that is ready.
    public func wait(milliseconds: Int32, _ body: (Ready) -> Void) {
        let count = epoll_wait(descriptor.raw, events, Int32(capacity), milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = events[index]
            body(
                Ready(
                    tag: event.data.u64, canRead: event.events & EPOLLIN.rawValue != 0,
                    canWrite: event.events & EPOLLOUT.rawValue != 0,
                    isOver: event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0))
        }
    }
}
