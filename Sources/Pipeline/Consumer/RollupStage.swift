// The roll-up thread of the consumer's role: lets the roll-up writer work while there is something to do. It has its own
// client and stands in nobody's way; while MongoDB is away it waits, and what was marked stays marked. Every process of
// the role runs it, and one of them has the lease.
import Linux
import Mongo
import Rollups
import Settings

final class RollupStage {
    private let settings: RollupWriter.Settings
    private let conditions: Conditions
    private let control: StageControl

    init(settings: MongoSettings, host: String, conditions: Conditions, control: StageControl) {
        self.settings = RollupWriter.Settings(
            uri: settings.uri.revealed, database: settings.database, collection: settings.collection,
            retain: settings.retain, host: host)
        self.conditions = conditions
        self.control = control
    }

    func run() -> StageOutcome {
        var writer: RollupWriter?
        while !control.isStopRequested {
            // Its reads may be long, and nobody's events wait for them.
            control.turn(allowing: 60)
            var isBusy = false
            var pause: Int32 = 500
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
                pause = 1000
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
