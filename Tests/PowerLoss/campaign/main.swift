// Power losses and failing calls under the outbox's own file code, in memory: thousands a minute.
//   power-loss losses ROUNDS SEED     cut the power at a random write or sync, again and again
//   power-loss sweep SEED             let the Nth call of each kind fail, for every N
// After each: the outbox opens, and holds what the last finished commit left, or with the one that was cut all of that one too;
// rows and ledger agree. Nothing else.
import CPowerLoss
import Glibc
import Linux

let arguments = CommandLine.arguments
guard power_loss_install() == 0 else {
    print("SQLite would not have it")
    exit(1)
}
switch (arguments.dropFirst().first, arguments.dropFirst(2).compactMap { Int($0) }) {
case ("losses", let numbers) where numbers.count == 2:
    exit(try Losses.run(rounds: numbers[0], seed: UInt64(numbers[1])) ? 0 : 1)
case ("sweep", let numbers) where numbers.count == 1:
    exit(try Sweep.run(seed: UInt64(numbers[0])) ? 0 : 1)
default:
    print("usage: power-loss losses ROUNDS SEED | sweep SEED")
    exit(2)
}
