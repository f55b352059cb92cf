// Reads the configuration: defaults, over them the file, over that the environment, then what only shows when
// all is known, then secrets. Every mistake is collected; settings are returned only when there is none.
import Linux
import TOML

extension Settings {
    /// The settings of `file` (nil: /etc/clickd/clickd.toml if it is there, else the defaults) and of the variables
    /// `CLICKD_<SECTION>_<KEY>` in `environment`. Reads secret files as far as `secrets` says; left out are
    /// `web.readPassword` (nil) for clickd, and for clickd-web the Kafka properties that a file holds. `propertyFault`
    /// judges Kafka properties; without it only their names and what clickd fixes are looked at.
    public static func load(
        file: String?, environment: [String: String], secrets: SecretScope = .daemon,
        propertyFault: @escaping PropertyFault = { _, _ in nil }
    ) throws(SettingsError) -> Settings {
        var loading = Loading(file: file ?? defaultFile, secrets: secrets, propertyFault: propertyFault)
        loading.readFile(mayBeMissing: file == nil)
        loading.read(environment: environment)
        loading.findConflicts()
        loading.readSecrets()
        return try loading.finish()
    }

    /// What a command needs that only speaks to the daemon: `keys`, e.g. "control.socket", so that it can still ask while
    /// something else in the configuration is wrong. Reads no secret. `ignored`: the mistakes in other keys, and a default
    /// file that is no TOML or cannot be read, which leaves the keys at their defaults; a file that was named must be well.
    public static func load(
        only keys: Set<String>, file: String?, environment: [String: String]
    ) throws(SettingsError) -> (settings: Settings, ignored: [Mistake]) {
        var loading = Loading(file: file ?? defaultFile, secrets: .none, propertyFault: { _, _ in nil })
        loading.readFile(mayBeMissing: file == nil)
        loading.read(environment: environment)
        return try loading.finish(keys, fileMayBeWrong: file == nil)
    }
}

/// Settings while they are being read.
struct Loading {
    let file: String
    let secrets: SecretScope
    let propertyFault: PropertyFault
    private let keys = Key.all
    private var settings = Settings()
    private var mistakes: [Mistake] = []
    private var places: [String: Mistake.Place] = [:]
    private var failed: Set<String> = []

    init(file: String, secrets: SecretScope, propertyFault: @escaping PropertyFault) {
        self.file = file
        self.secrets = secrets
        self.propertyFault = propertyFault
    }

    mutating func readFile(mayBeMissing: Bool) {
        let bytes: [UInt8]
        do throws(FileText.Fault) {
            bytes = try FileText.read(file, limit: 16 << 20)
        } catch {
            if mayBeMissing, case .code(ENOENT) = error { return }
            return refuse(.file(file, line: nil), "", "the configuration cannot be read: \(error.text)")
        }
        do throws(TOMLError) {
            read(try TOMLDocument.parse(text: bytes, file: file))
        } catch {
            refuse(.file(file, line: error.line), "", "not TOML at column \(error.column): \(error.text)")
        }
    }

    private mutating func read(_ document: TOMLDocument) {
        let sections = sectionNames
        for section in document.entries {
            let place = Mistake.Place.file(file, line: section.position.line)
            guard sections.contains(section.key) else {
                refuse(place, section.key, unknownSection(section, sections))
                continue
            }
            guard case .table(let entries) = section.value.content else {
                refuse(
                    place, section.key,
                    "\(section.key) is \(noun(section.value)); it is a section, write [\(section.key)] on a line of its own"
                )
                continue
            }
            for entry in entries { read(entry, section.key) }
        }
    }

    private mutating func read(_ entry: TOMLEntry, _ section: String) {
        let name = "\(section).\(entry.key)"
        let place = Mistake.Place.file(file, line: entry.position.line)
        guard let key = keys.first(where: { $0.name == name }) else {
            return refuse(place, name, "\(shortened(name)) is no key of clickd\(hint(entry.key, section))")
        }
        put(key, .toml(entry.value), place)
    }

    mutating func read(environment: [String: String]) {
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard let section = sectionNames.first(where: { variable.hasPrefix(Key.variablePrefix($0)) }) else {
                continue
            }
            let place = Mistake.Place.environment(variable)
            guard let key = keys.first(where: { $0.variable == variable }) else {
                let known = keys.filter { $0.section == section && !$0.isTable }.map(\.variable)
                refuse(place, section, "no variable of clickd\(Nearest.question(variable, among: known))")
                continue
            }
            if key.isTable {
                refuse(place, key.name, "\(key.name) is a table, which only the file can set")
                continue
            }
            // Of these two, one given here takes the place of the other in the file.
            for (one, other) in [("mongodb.uri", "mongodb.uri_file"), ("mongodb.uri_file", "mongodb.uri")]
            where key.name == one && places[other].map({ isFile($0) }) == true {
                places[other] = nil
                if other == "mongodb.uri_file" { settings.mongodb.uriFile = nil }
            }
            put(key, .text(value), place)
        }
    }

    /// After the environment, so that a program reads the file that its own unit names.
    mutating func readSecrets() {
        if let path = settings.mongodb.uriFile, !failed.contains("mongodb.uri_file") {
            secret("mongodb.uri_file", path) { text, settings throws(Refusal) in
                if let fault = mongoURIFault(text) { throw Refusal("the file \(path) holds \(fault)") }
                settings.mongodb.uri = Secret(text)
            }
        }
        if secrets.hasWeb, let path = settings.web.readPasswordFile, !failed.contains("web.read_password_file") {
            secret("web.read_password_file", path) { text, settings throws(Refusal) in
                settings.web.readPassword = Secret(text)
            }
        }
    }

    private mutating func secret(
        _ name: String, _ path: String, _ put: (String, inout Settings) throws(Refusal) -> Void
    ) {
        do throws(Refusal) {
            try put(try FileText.secret(path), &settings)
        } catch {
            refuse(places[name] ?? .file(file, line: nil), name, "\(name): \(error.text)")
        }
    }

    /// Before secrets are read, so that an unreadable file hides no contradiction.
    mutating func findConflicts() {
        mistakes += Conflicts(settings, places: places, failed: failed, file: file).mistakes
    }

    /// The settings, or every mistake in them.
    func finish() throws(SettingsError) -> Settings {
        if mistakes.isEmpty { return settings }
        throw SettingsError(mistakes)
    }

    /// The settings for someone who needs these keys only, with the mistakes that do not concern them.
    func finish(
        _ needed: Set<String>, fileMayBeWrong: Bool
    ) throws(SettingsError) -> (settings: Settings, ignored: [Mistake]) {
        let grave = mistakes.filter { mistake in
            mistake.key.isEmpty
                ? !fileMayBeWrong : needed.contains { $0 == mistake.key || $0.hasPrefix("\(mistake.key).") }
        }
        guard grave.isEmpty else { throw SettingsError(grave) }
        return (settings, mistakes)
    }

    private mutating func put(_ key: Key, _ content: Given.Content, _ place: Mistake.Place) {
        places[key.name] = place
        for remark in key.put(Given(content: content, secrets: secrets, propertyFault: propertyFault), &settings) {
            let nearer = remark.position.map { Mistake.Place.file(file, line: $0.line) }
            refuse(nearer ?? place, remark.key, remark.text)
        }
    }

    private mutating func refuse(_ place: Mistake.Place, _ key: String, _ text: String) {
        failed.insert(key)
        mistakes.append(Mistake(place: place, key: key, text: text))
    }

    private func isFile(_ place: Mistake.Place) -> Bool {
        if case .file = place { return true }
        return false
    }

    private var sectionNames: [String] {
        keys.map(\.section).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    private func unknownSection(_ entry: TOMLEntry, _ sections: [String]) -> String {
        if case .table = entry.value.content {
            return "[\(shortened(entry.key))] is no section of clickd\(Nearest.question(entry.key, among: sections))"
        }
        let homes = keys.filter { $0.shortName == entry.key }.map { "[\($0.section)]" }
        if homes.isEmpty { return "\(shortened(entry.key)) stands in no section and is no key of clickd" }
        return "\(entry.key) stands in no section; it belongs in \(homes.joined(separator: " or "))"
    }

    /// Where a mistyped or misplaced key may belong.
    private func hint(_ name: String, _ section: String) -> String {
        let homes = keys.filter { $0.shortName == name }.map { "[\($0.section)]" }
        if !homes.isEmpty { return " in [\(section)]; it belongs in \(homes.joined(separator: " or "))" }
        return Nearest.question(name, among: keys.filter { $0.section == section }.map(\.shortName))
    }

    private func shortened(_ name: String) -> String { String(quoted(name).dropFirst().dropLast()) }
}
