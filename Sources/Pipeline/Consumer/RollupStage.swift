// The roll-up thread of the consumer's role: lets the roll-up writer work while there is something to do. It has its own
// client and stands in nobody's way; while MongoDB is away it waits, and what was marked stays marked. Every process of
// the role runs it, and one of them has the lease.
import Linux
import Mongo
import Rollups
import Settings

final class RollupStage {
    private let live: LiveSettings
    private let conditions: Conditions
    private let control: StageControl

    init(live: LiveSettings, conditions: Conditions, control: StageControl) {
        self.live = live
        self.conditions = conditions
        self.control = control
    }

    private var settings: RollupWriter.Settings {
        let now = live.now
        return RollupWriter.Settings(
            uri: now.mongodb.uri.revealed, database: now.mongodb.database, collection: now.mongodb.collection,
            retain: now.mongodb.retain, host: now.host.name)
    }

    func run() -> StageOutcome {
        var writer: RollupWriter?
        var seen = 0
        var uri = live.now.mongodb.uri
        while !control.isStopRequested {
            // Its reads may be long, and nobody's events wait for them.
            control.turn(allowing: 60)
            if let new = live.next(&seen), new.mongodb.uri != uri {
                uri = new.mongodb.uri
                // With credentials that are gone the lease runs out by itself.
                try? writer?.release()
                writer = nil
            }
            var isBusy = false
            var pause: Int32 = 1000
            do throws(MongoError) {
                if let writer {
                    isBusy = try writer.turn()
                } else {
                    let opened = try RollupWriter(settings, onRead: { [control] in control.turn(allowing: 60) })
                    try opened.prepare()
                    writer = opened
                    isBusy = true
                }
                conditions.set("rollups", nil)
            } catch {
                // Another process may have taken the lease meanwhile, or a transaction met a mark's: not worth a word.
                conditions.set("rollups", error.remedy == .retry && writer != nil ? nil : error.text)
                pause = 2000
            }
            if !isBusy { _ = control.stop.wait(milliseconds: pause) }
        }
        do throws(MongoError) { try writer?.release() } catch {
            // The lease runs out by itself.
            conditions.set("rollups", nil)
        }
        return .stopped
    }
}
