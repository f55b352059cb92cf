// libmongoc's process-wide state: initialised once, its log handed to a closure or dropped (it writes to stderr on its
// own otherwise). Any thread, any number of times. mongoc_cleanup is left out: the process ends, and other threads may
// still be inside libmongoc.
import CMongoc
import Synchronization

public enum MongoLogLevel: Int, Sendable {
    case error = 0
    case critical, warning, message, info, debug, trace
}

public enum MongoRuntime {
    /// Called by libmongoc on whatever thread logs; must not block nor call MongoClient.
    public typealias Log = @Sendable (_ level: MongoLogLevel, _ domain: String, _ text: String) -> Void

    /// Initialises libmongoc; `MongoClient.open` does so too.
    public static func initialize() { _ = once }

    /// Sends libmongoc's own messages to `log`; nil drops them, as it is from the start.
    public static func setLog(_ log: Log?) {
        initialize()
        sink.withLock { $0 = log }
    }

    private static let sink = Mutex<Log?>(nil)

    private static let once: Void = {
        mongoc_init()
        mongoc_log_set_handler(
            { level, domain, text, _ in
                guard let log = MongoRuntime.sink.withLock({ $0 }) else { return }
                log(
                    MongoLogLevel(rawValue: Int(level.rawValue)) ?? .message, domain.map { String(cString: $0) } ?? "",
                    text.map { String(cString: $0) } ?? "")
            }, nil)
    }()
}
