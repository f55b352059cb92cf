// One process a folder: a pid file held with flock for the process's life. flock and not a POSIX lock, since POSIX
// locks go when any descriptor of the file is closed (https://www.sqlite.org/howtocorrupt.html, section 2.2).

public struct PidFile: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Said and not left to closing: a child that is just being started may hold the descriptor until it runs.
    deinit { flock(descriptor.raw, LOCK_UN) }

    /// Somebody holds it; `pid` as the file says.
    public struct Held: Error, Sendable {
        public let path: String
        public let pid: Int?
    }

    /// Takes the lock, or throws `Held` with the holder's process id, or SystemError.
    public static func take(_ path: String) throws -> PidFile {
        let file = try FileDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o640)
        guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
            guard clickd_errno() == EWOULDBLOCK else { throw SystemError("lock \(path)") }
            let text = (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw Held(path: path, pid: Int(text.prefix { $0.isNumber }))
        }
        guard ftruncate(file.raw, 0) == 0, Files.writeAll(file.raw, Array("\(getpid())\n".utf8)) else {
            throw SystemError("write \(path)")
        }
        return PidFile(descriptor: file)
    }
}
