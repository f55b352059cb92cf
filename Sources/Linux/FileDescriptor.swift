// An open descriptor with one owner, closed at the end of its life.

public struct FileDescriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by; valid while this value lives.
    public let raw: Int32

    /// Takes ownership of `raw`.
    public init(owning raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// Gives the ownership away: the caller closes.
    public consuming func release() -> Int32 {
        let raw = self.raw
        discard self
        return raw
    }

    public static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> FileDescriptor
    {
        let raw = clickd_open(path, flags | O_CLOEXEC, mode)
        guard raw >= 0 else { throw SystemError("open \(path)") }
        return FileDescriptor(owning: raw)
    }
}
