// What `clickd demo` is asked for, and the runs of it: a past first, then shoppers live.
import Linux

struct DemoPlan {
    /// nil: until Ctrl-C.
    let seconds: Int?
    /// Events a second, live.
    let rate: Int
    /// Days of a past; nil: none.
    let days: Int?
    /// Events of the past; nil: what a small shop has.
    let events: Int?
    let isLive: Bool
    /// To standard output instead of a daemon.
    let prints: Bool
    let seed: UInt64
    /// What ids are told apart by from those of other runs.
    let run: String

    init(_ options: Options) throws(UsageError) {
        seconds = try options.number("seconds", least: 1)
        rate = try options.number("rate", least: 1) ?? 300
        events = try options.number("events", least: 1)
        let history = try options.number("history", least: 1)
        guard history ?? 1 <= 3650 else {
            throw UsageError("--history takes at most 3650 days: older events are not believed")
        }
        days = history ?? (events == nil ? nil : 90)
        prints = options.has("print")
        isLive = !prints && !options.has("no-live")
        guard isLive || days != nil else {
            throw UsageError("without live shoppers there is nothing to send; say --history DAYS or --events N")
        }
        let given = try options.number("seed", least: 0)
        let random = Files.randomHex(bytes: 4)
        seed = given.map { UInt64($0) } ?? UInt64(random, radix: 16) ?? 0
        // Sent twice, the same ids would belong to other moments: only what is printed is repeated.
        run = prints && given != nil ? "s\(seed)" : random
    }
}
