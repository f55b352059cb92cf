// A thread with a name that tools show. It blocks in C calls, which is why the pipeline uses threads and not
// Swift's concurrency (docs/decisions/0002).

/// `@unchecked Sendable`: the handle is only read after start; `join` is called once, by the owner.
public final class NamedThread: @unchecked Sendable {
    private var handle = pthread_t()

    private final class Start {
        let name: String
        let body: () -> Void
        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private init() {}

    /// Starts `body` on a thread called `name` (15 bytes at most are shown).
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) -> NamedThread
    {
        let thread = NamedThread()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let code = pthread_create(
            &thread.handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                _ = clickd_set_thread_name(String(start.name.prefix(15)))
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError("start thread \(name)", code: code)
        }
        return thread
    }

    /// Waits until the thread's body has returned.
    public func join() { pthread_join(handle, nil) }

    /// Nobody will join it; what it leaves is freed when its body returns.
    public func detach() { pthread_detach(handle) }
}
