// [log]: how much clickd says.

/// What stands in `[log]`.
public struct LogSettings: Sendable, Equatable {
    /// How grave a message is, gravest first.
    public enum Level: String, Sendable, CaseIterable, Comparable {
        case error
        case warning
        case notice
        case info
        case debug

        /// syslog's number, as the journal takes it: 3 (error) to 7 (debug).
        public var syslogPriority: Int {
            switch self {
            case .error: 3
            case .warning: 4
            case .notice: 5
            case .info: 6
            case .debug: 7
            }
        }

        /// Whether `a` is graver than `b`.
        public static func < (a: Level, b: Level) -> Bool { a.syslogPriority < b.syslogPriority }
    }

    /// The least grave messages still written. Default `info`.
    public var level: Level = .info

    public init() {}
}

extension LogSettings {
    static var keys: [Key] {
        [
            Key(
                "log.level", \.log.level, .choice, "The least grave messages still written, to stderr or the journal.",
                reload: .live)
        ]
    }
}
