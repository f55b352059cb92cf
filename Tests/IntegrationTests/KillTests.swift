// clickd is killed again and again at random moments while a sender goes on. CLICKD_KILLS: how often (8);
// CLICKD_SEED: the moments of an earlier run.
import Linux
import Mongo
import TestSupport
import Testing

/// Steele, Lea and Flood's SplitMix64: the same moments from the same seed.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite(.waiting, .serialized, .enabled(if: Servers.areThere)) struct KillTests {
    @Test(
        "kill -9 at any moment loses no acknowledged event and stores none twice",
        arguments: [TestDaemon.Mode.kafka, .direct])
    func kills(mode: TestDaemon.Mode) throws {
        let seed = environmentNumber("CLICKD_SEED", else: Int.random(in: 0..<1_000_000))
        var random = SeededRandom(state: UInt64(bitPattern: Int64(seed)))
        let daemon = try TestDaemon(mode: mode)
        try daemon.start()
        let sender = try SteadySender("kill", to: daemon.streamSocket, perSecond: 4_000)
        eventually(within: 10, "the first are acknowledged") { sender.now.stored > 0 }
        let kills = environmentNumber("CLICKD_KILLS", else: 8)
        for _ in 0..<kills {
            usleep(UInt32.random(in: 0..<1_200_000, using: &random))
            daemon.kill()
            // One in four is not waited for, so that the next kill can meet a start.
            try daemon.start(waits: Int.random(in: 0..<4, using: &random) > 0)
        }
        eventually(within: 15, "the daemon answers") { daemon.status() != nil }
        let end = try #require(sender.finish(within: 60), "all are settled in the end; seed \(seed)")
        #expect(end.reconnects > 0 && end.refusals.isEmpty)
        print("\(mode): \(kills) kills, \(end.added) events, \(end.reconnects) reconnections, seed \(seed)")
        try Arrival.expect(sender.acknowledged(end), in: daemon, within: 60)
        Arrival.settled(daemon)
        #expect(daemon.stop() == 0)
    }
}
