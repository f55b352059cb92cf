// A mongod without a replica set, for what must be said of one.
import Linux
import Testing

public enum StandaloneMongo {
    /// Starts one, lends its uri, and ends it.
    public static func lend(_ body: (_ uri: String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        let found = try Command.run(
            "/bin/sh",
            [
                "-c",
                "command -v mongod || ls ${CLICKD_VENV:-.build/venv}/lib/python3*/site-packages/fiftyone/db/bin/mongod",
            ])
        let program = try #require(found.output.split(separator: "\n").first.map(String.init))
        let port = Ports.one()
        let process = try Process.start(
            program,
            [
                "--dbpath", folder.path, "--port", "\(port)", "--bind_ip", "127.0.0.1", "--nounixsocket",
                "--wiredTigerCacheSizeGB", "0.25",
            ])
        defer {
            process.signal(SIGKILL)
            process.wait()
        }
        eventually(within: 30, "mongod listens: \(process.errors)") {
            String(decoding: process.outputBytes, as: UTF8.self).contains("Waiting for connections")
        }
        try body("mongodb://127.0.0.1:\(port)")
    }
}
