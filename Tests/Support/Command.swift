// Running other programs: the shipped binary above all.
import Linux
import Testing

public struct Command {
    public let status: Int32
    public let output: String
    public let errors: String

    /// The repository's root: tests run in it.
    public static var root: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        return getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? "."
    }

    /// The binary under test, as `swift build -c release` leaves it.
    public static var clickd: String {
        getenv("CLICKD_BINARY").map { String(cString: $0) } ?? root + "/.build/release/clickd"
    }

    /// Runs to the end, which must come within five minutes. `environment` is added to this process's own, less CLICKD_
    /// settings of configuration sections.
    @discardableResult
    public static func run(
        _ path: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Command {
        let process = try Process.start(path, arguments, input: input, environment: environment)
        let status = process.wait(seconds: 300) ?? -1
        if status < 0 {
            process.signal(SIGKILL)
            Issue.record("\(path) \(arguments) did not end within 300 s: \(process.errors.suffix(2000))")
        }
        return Command(
            status: status, output: String(decoding: process.outputBytes, as: UTF8.self),
            errors: String(decoding: process.errorBytes, as: UTF8.self))
    }
}

/// A running child; its output goes to files, so that it never blocks.
public final class Process: @unchecked Sendable {
    // `@unchecked Sendable`: a test owns it; `status` is set by `wait` alone.
    public let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    public static func start(
        _ path: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Process {
        let files = "/tmp/clickd-child-\(Files.randomHex(bytes: 6))"
        try Files.replace(files + ".in", with: input)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files + ".in", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files + ".out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = merged(environment).map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, path, &actions, &attributes, &argv, &variables)
        unlink(files + ".in")
        guard code == 0 else { throw SystemError("start \(path)", code: code) }
        return Process(pid: pid, outputPath: files + ".out", errorPath: files + ".err")
    }

    private init(pid: pid_t, outputPath: String, errorPath: String) {
        self.pid = pid
        self.outputPath = outputPath
        self.errorPath = errorPath
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
        unlink(outputPath)
        unlink(errorPath)
    }

    private static func merged(_ added: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        var at: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = clickd_environ()
        while let entry = at.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // The servers' addresses would override the tests' own configuration.
            let isSetting = parts[0] == "CLICKD_KAFKA_BROKERS" || parts[0] == "CLICKD_MONGODB_URI"
            if parts.count == 2, !isSetting { result[String(parts[0])] = String(parts[1]) }
            at += 1
        }
        return result.merging(added) { _, new in new }
    }

    public var outputBytes: [UInt8] { (try? Files.read(outputPath, limit: 1 << 30)) ?? [] }
    public var errorBytes: [UInt8] { (try? Files.read(errorPath, limit: 1 << 30)) ?? [] }
    public var errors: String { String(decoding: errorBytes, as: UTF8.self) }

    public func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end: the exit status, or 128 and the signal's number.
    @discardableResult
    public func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, clickd_errno() == EINTR {}
        let result = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
        status = result
        return result
    }

    /// The end's status within `seconds`, or nil.
    public func wait(seconds: Double) -> Int32? {
        let deadline = Monotonic.now.adding(milliseconds: Int(seconds * 1000))
        while status == nil, Monotonic.now < deadline {
            var raw: Int32 = 0
            if waitpid(pid, &raw, WNOHANG) == pid {
                status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
            } else {
                usleep(10_000)
            }
        }
        return status
    }
}
