// A clickd-web of one test's own beside a TestDaemon: its ports, its web folder, started, killed and started again.
import Linux
import Testing

public final class TestWeb {
    /// Lives as long as this does.
    public let daemon: TestDaemon
    public let port: Int
    public let readPort: Int
    public let configPath: String
    public let folder: String
    public private(set) var process: Process?

    /// The binary under test, as `swift build -c release` leaves it.
    public static var program: String {
        getenv("CLICKD_WEB_BINARY").map { String(cString: $0) } ?? Command.root + "/.build/release/clickd-web"
    }

    /// `web`: lines of `[web]`. `files`: the web folder, by path; without it the source tree's is used.
    public init(_ daemon: TestDaemon, web: String = "", files: [String: String]? = nil) throws {
        self.daemon = daemon
        port = Ports.one()
        readPort = Ports.one()
        configPath = daemon.folder.path + "/web-\(port).toml"
        folder = files == nil ? Command.root + "/web" : daemon.folder.path + "/web-\(port)"
        for (path, text) in files ?? [:] {
            try Files.makeFolder(Files.parent(of: folder + "/" + path))
            try Files.replace(folder + "/" + path, with: Array(text.utf8))
        }
        let text =
            String(decoding: try Files.read(daemon.configPath), as: UTF8.self)
            + "\n[web]\nlisten = \"127.0.0.1:\(port)\"\nread_listen = \"127.0.0.1:\(readPort)\"\n\(web)\n"
        try Files.replace(configPath, with: Array(text.utf8), mode: 0o644)
    }

    deinit {
        process?.signal(SIGKILL)
        process?.wait()
    }

    /// Starts it and waits until it answers, and, unless told not to, until it has reached clickd.
    @discardableResult
    public func start(linked: Bool = true) throws -> Process {
        let process = try Process.start(TestWeb.program, ["run", "--config", configPath, "--web", folder])
        self.process = process
        eventually(within: 15, "clickd-web answers: \(process.errors)") {
            guard let answer = try? HTTPClient(port: port).request("GET", "/healthz") else { return false }
            return !linked || answer.status == 200
        }
        return process
    }

    public func kill() {
        process?.signal(SIGKILL)
        process?.wait()
        process = nil
    }

    /// SIGTERM; the exit status, or nil when it did not end within `seconds`.
    public func stop(within seconds: Double = 60) -> Int32? {
        process?.signal(SIGTERM)
        return process?.wait(seconds: seconds)
    }

    /// A new connection to the collector's listener.
    public func client(seconds: Int = 60) throws -> HTTPClient { try HTTPClient(port: port, seconds: seconds) }

    /// A new connection to the read listener.
    public func reader() throws -> HTTPClient { try HTTPClient(port: readPort) }

    /// A metric's value, summed over its labels that contain `label`.
    public func metric(_ name: String, _ label: String = "") throws -> Int {
        guard let text = try reader().request("GET", "/metrics")?.text else { return -1 }
        return text.split(separator: "\n").filter { $0.hasPrefix(name) && $0.contains(label) && !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }
}
