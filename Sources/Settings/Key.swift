// A key of the configuration: its name, how its value is read and checked, where it is put, and why it is there.
// Each section lists its keys once; file, environment and reference all work from that list.
import TOML

/// How values of one type are read, checked and shown.
struct Kind<Value> {
    /// What is to be written, with unit and bounds, for the reference.
    let rule: String
    let read: (Given) throws(Refusal) -> Value
    /// As TOML writes it.
    let show: (Value) -> String
}

/// What a key has to say against a value.
struct Remark {
    /// The key, or one below it for a table.
    let key: String
    /// Nearer than the key's own place, where known.
    let position: TOMLPosition?
    /// What is wrong and what is right, naming the key.
    let text: String
}

/// What a running program does with a new value, on SIGHUP.
enum Reload {
    /// Takes it.
    case live
    /// Says that it needs a restart, and goes on with the old one.
    case restart
}

/// A key of a section.
struct Key {
    /// In full, e.g. "outbox.max_bytes".
    let name: String
    let rule: String
    let why: String
    /// The default as TOML writes it.
    let defaultText: String
    /// A table has keys of the operator's own below it and cannot be set from the environment.
    let isTable: Bool
    let reload: Reload
    /// Whether two settings differ in it, in what its secret file holds too.
    let differs: (Settings, Settings) -> Bool
    /// Puts the first settings' value into the second.
    let copy: (Settings, inout Settings) -> Void
    /// Reads a value into the settings, or says why not.
    let put: (Given, inout Settings) -> [Remark]

    /// A key with one value. That of a `secret` one is not shown in messages.
    /// `holds`: what was read from the file that the key names.
    init<Value: Equatable>(
        _ name: String, _ path: WritableKeyPath<Settings, Value>, _ kind: Kind<Value>, _ why: String,
        secret: Bool = false, holds: HeldSecret = .none, reload: Reload
    ) {
        self.name = name
        self.why = why
        rule = kind.rule
        isTable = false
        self.reload = reload
        differs = { $0[keyPath: path] != $1[keyPath: path] && !holds.isElsewhere($1) || holds.differs($0, $1) }
        copy = { from, into in
            into[keyPath: path] = from[keyPath: path]
            holds.copy(from, &into)
        }
        defaultText = kind.show(Settings()[keyPath: path])
        put = { given, settings in
            do throws(Refusal) {
                settings[keyPath: path] = try kind.read(given)
                return []
            } catch {
                let shown = secret ? "" : given.shown
                let claim = shown.isEmpty ? name : "\(name) is \(shown)"
                return [Remark(key: name, position: nil, text: "\(claim): \(error.text)")]
            }
        }
    }

    /// A table; `read` goes through its entries, which the whole was given with.
    init<Value: Equatable>(
        table name: String, _ path: WritableKeyPath<Settings, Value>, rule: String, _ why: String, reload: Reload,
        read: @escaping ([TOMLEntry], Given, inout Settings) -> [Remark]
    ) {
        self.name = name
        self.why = why
        self.rule = rule
        isTable = true
        self.reload = reload
        differs = { $0[keyPath: path] != $1[keyPath: path] }
        copy = { $1[keyPath: path] = $0[keyPath: path] }
        defaultText = "{}"
        put = { given, settings in
            guard case .toml(let value) = given.content, case .table(let entries) = value.content else {
                return [Remark(key: name, position: nil, text: "\(name): not a table; \(rule)")]
            }
            return read(entries, given, &settings)
        }
    }

    /// The part before the dot.
    var section: String { String(name.prefix { $0 != "." }) }
    /// The part after it.
    var shortName: String { String(name.drop { $0 != "." }.dropFirst()) }
    /// The variable that overrides it, e.g. CLICKD_OUTBOX_MAX_BYTES.
    var variable: String { Key.variablePrefix(section) + shortName.uppercased() }

    /// With what every variable of a section begins.
    static func variablePrefix(_ section: String) -> String { "CLICKD_\(section.uppercased())_" }

    /// Every key, section by section in the order of the file.
    static var all: [Key] {
        HostSettings.keys + IntakeSettings.keys + OutboxSettings.keys + PipelineSettings.keys + KafkaSettings.keys
            + MongoSettings.keys + ControlSettings.keys + MetricsSettings.keys + LogSettings.keys + WebSettings.keys
    }
}
