// What a service says to systemd, and gets from it. Without systemd every call does nothing.
import CSystemd

public enum ServiceManager {
    /// Sends state lines such as "READY=1" (https://www.freedesktop.org/software/systemd/man/sd_notify.html).
    public static func notify(_ state: String) { _ = sd_notify(0, state) }

    /// How often the watchdog wants to hear of us, in microseconds; nil when it does not.
    public static var watchdogMicroseconds: UInt64? {
        var interval: UInt64 = 0
        return sd_watchdog_enabled(0, &interval) > 0 ? interval : nil
    }

    /// Sockets that systemd opened for us; afterwards children do not see them.
    public static func inheritedSockets() -> [Int32] {
        let count = sd_listen_fds(1)
        return count > 0 ? (0..<count).map { SD_LISTEN_FDS_START + $0 } : []
    }
}
