// From settings in force and settings that were read anew to those that are in force next: key by key, what is taken, and
// what needs a restart. Pure. Each key says by itself which of the two it is (`Key.reload`).

/// What a reload comes to.
public struct SettingsChange: Sendable, Equatable {
    /// Keys whose new value is taken.
    public let taken: [String]
    /// Keys whose new value needs a restart; the old one stays in force.
    public let needsRestart: [String]
    /// In force from now on.
    public let settings: Settings
}

/// Which program's keys are meant.
public enum Program: Sendable {
    case daemon
    case web

    /// What clickd-web reads beside its own section.
    private static let shared: Set<String> = [
        "host.name", "intake.stream_socket", "mongodb.uri", "mongodb.uri_file", "mongodb.database",
        "mongodb.collection", "mongodb.retain", "control.socket", "log.level",
    ]

    func reads(_ key: Key) -> Bool {
        switch self {
        case .daemon: key.section != "web"
        case .web: key.section == "web" || Program.shared.contains(key.name)
        }
    }
}

extension Settings {
    /// Puts the new values that can be taken in the place of the old. Throws where they contradict an old one that stays
    /// until a restart: then nothing is taken. `file`: for the message.
    public func taking(_ new: Settings, for program: Program, file: String) throws(SettingsError) -> SettingsChange {
        var settings = self
        var taken: [String] = []
        var needsRestart: [String] = []
        for key in Key.all where program.reads(key) {
            if key.differs(self, new) {
                if key.reload == .live { taken.append(key.name) } else { needsRestart.append(key.name) }
            }
            if key.reload == .live { key.copy(new, &settings) }
        }
        let conflicts = Conflicts(settings, places: [:], failed: [], file: file).mistakes
        guard conflicts.isEmpty else {
            throw SettingsError(
                conflicts.map {
                    Mistake(
                        place: $0.place, key: $0.key,
                        text: "together with what needs a restart (\(needsRestart.joined(separator: ", "))): \($0.text)"
                    )
                })
        }
        return SettingsChange(taken: taken, needsRestart: needsRestart, settings: settings)
    }
}
