// The whole way with real servers: what was acknowledged is in MongoDB once.
import Linux
import Mongo
import TestSupport
import Testing

@Suite(.waiting, .enabled(if: Servers.areThere)) struct WholeWayTests {
    @Test("an acknowledged event is in MongoDB once, through Kafka", arguments: [TestDaemon.Mode.kafka, .direct])
    func one(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(mode: mode)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        client.send(
            #"{"event":"Product Viewed","messageId":"m1","anonymousId":7,"properties":{"product_id":"p","$set":{"a.b":1}}}"#
                + "\n")
        #expect(client.answers(upTo: 1) == ["OK 1"])
        let events = try daemon.events()
        try eventually(within: 30, "the event is in MongoDB") { try events.count() == 1 }
        let document = try #require(try events.findOne([:]))
        #expect(document.string("_id") == "m1")
        #expect(document.string("activity") == "view_product")
        #expect(document.string("visitor") == "a:7")
        #expect(document.string("properties.product_id") == "p")
        #expect((document.integer("kafka.o") != nil) == (mode == .kafka))
        eventually(within: 10, "the ledger is balanced and says so") {
            guard let status = daemon.status() else { return false }
            return status.isBalanced && status["ledger.inserted"] == 1 && status["ledger.outbox"] == 0
        }
        #expect(daemon.stop() == 0)
    }

    @Test(
        "two copies of an event in one write are one insert and one duplicate",
        arguments: [TestDaemon.Mode.kafka, .direct])
    func copies(mode: TestDaemon.Mode) throws {
        let daemon = try TestDaemon(mode: mode)
        try daemon.start()
        let client = try StreamClient(daemon.streamSocket)
        let line = #"{"event":"Product Viewed","messageId":"m1","anonymousId":"a"}"# + "\n"
        client.send(line + line)
        #expect(client.answers(upTo: 2).last == "OK 2")
        eventually(within: 30, "both are consumed, and written") {
            guard let status = daemon.status() else { return false }
            return status["ledger.consumed"] == 2 && status["ledger.consumer_pending"] == 0
        }
        let status = try #require(daemon.status())
        #expect(try daemon.events().count() == 1)
        func counted() { #expect(status["ledger.inserted"] == 1 && status["ledger.duplicates"] == 1, "\(status.json)") }
        guard mode == .direct else { return counted() }
        withKnownIssue("in mode direct the same millisecond passes for our own insert seen again", isIntermittent: true)
        {
            counted()
        }
    }
}
