// The Nth open, read, write, sync, truncation or allocation fails, once or from then on; for every N that is reached. Errors
// are treated as the outbox thread does: without room it rolls back and goes on, else it ends. Then the power is cut, which
// shows what was acknowledged and is not on the disk.
import CPowerLoss
import Linux
import Pipeline
import SQLite

enum Sweep {
    private static let commits = 14

    static func run(seed: UInt64) throws -> Bool {
        let kinds: [(power_loss_call, String, [(power_loss_failure, String)])] = [
            (POWER_LOSS_OPEN, "open", [(POWER_LOSS_EIO, "EIO")]), (POWER_LOSS_READ, "read", [(POWER_LOSS_EIO, "EIO")]),
            (
                POWER_LOSS_WRITE, "write",
                [(POWER_LOSS_EIO, "EIO"), (POWER_LOSS_ENOSPC, "ENOSPC"), (POWER_LOSS_SHORT, "short")]
            ),
            (POWER_LOSS_SYNC, "sync", [(POWER_LOSS_EIO, "EIO")]),
            (POWER_LOSS_TRUNCATE, "truncate", [(POWER_LOSS_EIO, "EIO")]),
            (POWER_LOSS_ALLOCATION, "allocation", [(POWER_LOSS_EIO, "out of memory")]),
        ]
        var isWhole = true
        for (call, name, failures) in kinds {
            for (failure, how) in failures {
                for isForever in [false, true] {
                    var number = 1
                    while true {
                        let outcome = attempt(call, number, isForever, failure, seed)
                        if let broken = outcome.broken {
                            let place = "\(name) \(number), \(how)\(isForever ? ", from then on" : "")"
                            print("\(place), seed \(seed): \(broken)")
                            isWhole = false
                            break
                        }
                        if !outcome.wasReached { break }
                        // Allocations are thousands: every one at first, then ever fewer.
                        number += call == POWER_LOSS_ALLOCATION ? max(1, number / 50) : 1
                    }
                    print("\(name), \(how)\(isForever ? ", from then on" : ", once"): \(number - 1) places")
                }
            }
        }
        if isWhole { print("verdict: 0 lost, 0 double, 0 altered") }
        return isWhole
    }

    private static func attempt(
        _ call: power_loss_call, _ number: Int, _ isForever: Bool, _ failure: power_loss_failure, _ seed: UInt64
    ) -> (broken: String?, wasReached: Bool) {
        do {
            var random = Random(seed)
            let place = try Place()
            defer { wipe(place) }
            var model = try Model()
            // Something is there already, and a WAL to be emptied.
            do {
                let file = try place.open()
                for _ in 0..<3 { try model.commit(file, &random) }
                power_loss_cut_at(1)
            }
            power_loss_restart(3)
            do { try model.check(place.open()) } catch { throw Broken("setup: \(error)") }
            power_loss_fail(call, number, isForever, failure)
            do { try work(place, &model, &random) } catch let error as Broken { throw error } catch {}
            let wasReached = power_loss_has_failed()
            power_loss_fail(POWER_LOSS_NOTHING, 0, false, POWER_LOSS_EIO)
            power_loss_cut_at(1)
            power_loss_restart(seed &+ UInt64(number))
            do { try model.check(place.open()) } catch { throw Broken("\(error)") }
            return (nil, wasReached)
        } catch { return ("\(error)", true) }
    }

    /// As the outbox thread works: throws where that would end.
    private static func work(_ place: Place, _ model: inout Model, _ random: inout Random) throws {
        let file = try place.open()
        if file.holdsOldWAL { return }
        for number in 0..<commits {
            do {
                try model.commit(file, &random)
                if number % 5 == 4 { try file.database.checkpoint(.passive) }
            } catch let error as SQLiteError where error.remedy == .waitForSpace {
                try model.rollBack(file)
            }
        }
    }

    /// The next attempt starts with no files.
    private static func wipe(_ place: Place) {
        for name in ["outbox.db", "outbox.db-wal", "outbox.db-journal"] { power_loss_remove(place.path + "/" + name) }
    }
}
