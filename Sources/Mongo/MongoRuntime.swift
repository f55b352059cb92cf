// libmongoc's process-wide state: initialised once, its log dropped (it writes to stderr on its own otherwise) or handed
// to a closure. mongoc_cleanup is left out: the process ends, and other threads may still be inside libmongoc.
import CMongoc
import Glibc

public enum MongoLogLevel: Int, Sendable {
    case error = 0
    case critical, warning, message, info, debug, trace
}

public enum MongoRuntime {
    /// Called by libmongoc on whatever thread logs; must not block nor call MongoClient.
    public typealias Log = @Sendable (_ level: MongoLogLevel, _ domain: String, _ text: String) -> Void

    /// libmongoc's version as loaded: "1.23.1".
    public static var version: String { String(cString: mongoc_get_version()) }

    /// Initialises libmongoc; any thread, any number of times. `MongoClient.open` does so too.
    public static func initialize() { _ = once }

    /// Sends libmongoc's own messages to `log`; nil drops them, as it is from the start. Belongs to the program's
    /// start, before any client is opened: libmongoc reads the handler without a lock.
    public static func setLog(_ log: Log?) {
        initialize()
        guard let log else { return mongoc_log_set_handler(nil, nil) }
        // Kept for ever: a thread may be inside the handler at any time.
        mongoc_log_set_handler(
            { level, domain, text, sink in
                guard let sink else { return }
                Unmanaged<Sink>.fromOpaque(sink).takeUnretainedValue().log(
                    MongoLogLevel(rawValue: Int(level.rawValue)) ?? .message, domain.map { String(cString: $0) } ?? "",
                    text.map { String(cString: $0) } ?? "")
            }, Unmanaged.passRetained(Sink(log)).toOpaque())
    }

    /// Takes the name from the shared memory that libmongoc counts in. It makes one for every process, before main and
    /// under the process id, and only a clean end would remove it: kill -9 leaves one more behind each time, and a later
    /// process with the same id warns on stderr. Belongs to the program's start.
    public static func hideCounters() { _ = shm_unlink("/mongoc-\(getpid())") }

    private final class Sink: Sendable {
        let log: Log
        init(_ log: @escaping Log) { self.log = log }
    }

    private static let once: Void = {
        mongoc_init()
        mongoc_log_set_handler(nil, nil)
    }()
}
