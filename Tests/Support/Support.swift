// Shared by all tests: waiting for a thing to become true, temporary folders, and the servers of the test run.
import Linux
import Testing

/// Waits until `condition` holds, looking every 20 ms; records an issue when it does not within `seconds`, of which a busy
/// machine is given six for one.
@discardableResult
public func eventually(
    within seconds: Double, _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = Monotonic.now.adding(milliseconds: Int(seconds * 6000))
    while Monotonic.now < deadline {
        if try condition() { return true }
        usleep(20_000)
    }
    if try condition() { return true }
    Issue.record("not within \(seconds * 6) s: \(what())", sourceLocation: sourceLocation)
    return false
}

/// A folder of one test's own, removed at the end of its life.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        path = "\(base)/clickd-test-\(Files.randomHex(bytes: 6))"
        try Files.makeFolder(path, mode: 0o755)
    }

    deinit { _ = try? Command.run("/bin/rm", ["-rf", path]) }
}

/// The servers that `make test` started. Tests that need them are skipped without them, and fail where they must be.
public enum Servers {
    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    public static var kafka: String? { variable("CLICKD_TEST_KAFKA") }
    public static var mongodb: String? { variable("CLICKD_TEST_MONGODB") }
    public static var folder: String? { variable("CLICKD_SERVICES_DIR") }
    public static var areRequired: Bool { variable("CLICKD_REQUIRE_SERVERS") != nil }

    /// For `.enabled(if:)`: true where both are there, or must be.
    public static var areThere: Bool { areRequired || (kafka != nil && mongodb != nil) }
}
