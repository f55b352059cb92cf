// This host's clock: plausible, and kept right by something. Documents, retention and certificates go by it.
import Linux

enum ClockChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        [time(WallClock.nowMilliseconds), synchronised(clickd_clock_is_synchronised())]
    }

    static func time(_ milliseconds: Int64) -> Finding {
        milliseconds < WallClock.earliestMilliseconds
            ? .problem(
                "clock.time", "the system's clock is before 2026",
                remedy: "timedatectl set-ntp true (or date -s), then restart")
            : .ok("clock.time", "the clock is plausible")
    }

    /// adjtimex(2): 1 yes, 0 no, -1 the kernel does not tell.
    static func synchronised(_ answer: Int32) -> Finding {
        switch answer {
        case 1: .ok("clock.ntp", "the clock is synchronised")
        case 0:
            .warning(
                "clock.ntp", "nothing synchronises this host's clock: event times and retention drift",
                remedy: "apt-get install chrony, or: timedatectl set-ntp true")
        default: .ok("clock.ntp", "the kernel does not tell whether the clock is synchronised")
        }
    }
}
