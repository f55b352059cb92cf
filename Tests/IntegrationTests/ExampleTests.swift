// The examples/ that operators copy from: each is run against a daemon, and what it sent is in MongoDB once.
import Linux
import Mongo
import TestSupport
import Testing

@Suite("Examples", .waiting, .enabled(if: Servers.areThere), .serialized) struct ExampleTests {
    @Test(
        "every event that an example sends is in MongoDB, once",
        arguments: ["python", "node", "php", "socat", "logger", "nginx", "rsyslog", "streamlit"])
    func example(name: String) throws {
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let result = try Command.run(
            Command.root + "/Tests/ExampleTests/run", [name],
            environment: [
                "CLICKD_SOCKET": daemon.streamSocket, "CLICKD_DATAGRAM": daemon.datagramSocket,
                "CLICKD_UDP": "127.0.0.1:\(daemon.udpPort)",
            ])
        if result.status == 77, !Servers.areRequired {
            withKnownIssue("not run: \(result.errors)") { Issue.record("\(name) needs a program that is missing") }
            return
        }
        #expect(result.status == 0, "\(result.errors)")
        let ids = result.output.split(separator: "\n").map { BSONValue.string(String($0)) }
        #expect(!ids.isEmpty)
        let events = try daemon.events()
        try eventually(within: 20, "all \(ids.count) are in MongoDB: \(daemon.status()?.json ?? "")") {
            try events.count(["_id": ["$in": .array(ids)]]) == ids.count
        }
        // _id is unique, so that more documents than ids could only be events under other ids.
        #expect(try events.count() == ids.count)
        #expect(daemon.status()?.isBalanced == true)
    }
}
