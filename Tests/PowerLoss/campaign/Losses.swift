// The power is cut at a random write or sync, in the middle of commits, checkpoints and starts.
import CPowerLoss
import Linux
import Pipeline

enum Losses {
    static func run(rounds: Int, seed: UInt64) throws -> Bool {
        var random = Random(seed)
        let place = try Place()
        var model = try Model()
        var cutsAtStart = 0
        let start = Monotonic.now
        for round in 0..<rounds {
            power_loss_cut_at(Int.random(in: 1...Int.random(in: 2...200, using: &random), using: &random))
            var isOpen = false
            do {
                let file = try place.open()
                isOpen = true
                if !power_loss_is_cut() { try model.check(file) }
                for number in 1... {
                    try model.commit(file, &random)
                    guard number % 7 == 0 else { continue }
                    try file.database.checkpoint(Bool.random(using: &random) ? .passive : .restart)
                }
            } catch {
                guard power_loss_is_cut() else {
                    print("round \(round), seed \(seed): \(error)")
                    return false
                }
                if !isOpen { cutsAtStart += 1 }
            }
            power_loss_restart(random.next())
        }
        do { try model.check(place.open()) } catch {
            print("in the end, seed \(seed): \(error)")
            return false
        }
        let seconds = Monotonic.seconds(from: start, to: .now)
        print(
            "\(rounds) power losses (\(cutsAtStart) while it was being opened), \(model.commits) commits, seed \(seed), "
                + "\(Int(seconds)) s: 0 lost, 0 double, 0 altered")
        return true
    }
}
