// The commands of `clickd`, one table: name, one line of help, what runs.
import Linux
import Mongo
import Settings

/// A command's exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 and 4 of `status`, 5 a disk that cannot
/// be trusted.
public enum Commands {
    struct Command {
        let name: String
        let operands: String
        let help: String
        var options: [Options.Known] = []
        /// How many operands it takes at most; nil: as many as there are.
        var mostOperands: Int? = 1
        /// The keys it needs, if that is not all of the configuration: a mistake elsewhere does not hinder it.
        var needs: Set<String>?
        /// What else is to know, behind the options.
        var notes: [String] = []
        let run: (Options, Settings) throws -> Int32
    }

    private static let config = Options.Known(
        name: "config", value: "FILE", help: "configuration (default \(Settings.defaultFile))")
    private static let help = Options.Known(name: "help", value: nil, help: "this help")

    private static var all: [Command] {
        [
            Command(name: "run", operands: "", help: "run the daemon") { RunCommand.run($1, file: $0["config"]) },
            Command(
                name: "status", operands: "", help: "show how the daemon is; exit 3 degraded or stopping, 4 no daemon",
                options: [
                    .init(name: "json", value: nil, help: "as one JSON object"),
                    .init(name: "watch", value: nil, help: "again every second, in place, until q or Ctrl-C"),
                ], needs: ["control.socket"]
            ) { try StatusCommand.run($0, $1) },
            Command(
                name: "send", operands: "[FILE]",
                help: "send events, one JSON object a line, from FILE or standard input",
                options: [
                    .init(name: "ack", value: nil, help: "wait until every event is stored; reconnects and repeats"),
                    .init(name: "socket", value: "PATH", help: "the stream socket (default: the configuration's)"),
                    .init(
                        name: "wait", value: "SECONDS", help: "with --ack: give up after so long without progress (60)"),
                ], needs: ["intake.stream_socket"]
            ) { try SendCommand.run($0, $1) },
            Command(
                name: "check-config", operands: "", help: "read the configuration and say what is wrong in it",
                options: [
                    .init(name: "probe", value: nil, help: "also reach Kafka, the topic, MongoDB and the disk"),
                    .init(name: "reference", value: nil, help: "instead show every key with its default and bounds"),
                ]
            ) { try CheckConfigCommand.run($0, $1) },
            Command(
                name: "doctor", operands: "",
                help: "look for what is wrong, in the host, Kafka, MongoDB, and say what to do; exit 1 with problems",
                options: [
                    .init(name: "json", value: nil, help: "as one JSON object"),
                    .init(name: "quiet", value: nil, help: "without what is well"),
                ]
            ) { try DoctorCommand.run($0, $1) },
            Command(
                name: "tail", operands: "", help: "show events as they are stored, until Ctrl-C",
                options: [.init(name: "count", value: "N", help: "end after N events")], needs: ["control.socket"]
            ) { try TailCommand.run($0, $1) },
            Command(
                name: "outbox", operands: "check|repair|export",
                help: "look at the outbox of a stopped daemon, save what a damaged one holds, write it out as lines",
                options: [
                    .init(name: "path", value: "FOLDER", help: "another outbox, as one that was set aside"),
                    .init(name: "output", value: "FILE", help: "export into a new file (default: standard output)"),
                ]
            ) { try OutboxCommand.run($0, $1) },
            Command(
                name: "rollup", operands: "rebuild",
                help: "make the roll-ups of reports anew from the events",
                options: [
                    .init(name: "from", value: "DATE", help: "the first day, UTC (default: the first with events)"),
                    .init(name: "to", value: "DATE", help: "the last day, UTC (default: the last with events)"),
                ]
            ) { try RollupCommand.run($0, $1) },
            Command(
                name: "dead", operands: "list|show|retry|drop [ID]...",
                help: "events that were refused: look at them, retry after a fix, or give them up",
                options: DeadCommand.options, mostOperands: nil, notes: DeadCommand.notes
            ) { try DeadCommand.run($0, $1) },
            Command(
                name: "erase", operands: "", help: "erase a person's events; without --yes only show what there is",
                options: [
                    .init(name: "visitor", value: "ID", help: "a:… (anonymous id), u:… (user id), or either's id"),
                    .init(name: "yes", value: nil, help: "do it"),
                ]
            ) { try EraseCommand.run($0, $1) },
            Command(
                name: "demo", operands: "", help: "let simulated shoppers send through every input, show what arrives",
                options: [
                    .init(name: "seconds", value: "N", help: "end after N seconds (default: until Ctrl-C)"),
                    .init(name: "rate", value: "N", help: "about so many events a second (300)"),
                    .init(name: "history", value: "DAYS", help: "send a past of so many days first"),
                    .init(name: "events", value: "N", help: "so many events of a past (of 90 days, if not said)"),
                    .init(name: "no-live", value: nil, help: "the past alone"),
                    .init(name: "print", value: nil, help: "the past to standard output, one event a line"),
                    .init(name: "seed", value: "N", help: "the same people each time; with --print the same ids too"),
                ]
            ) { try DemoCommand.run($0, $1) },
        ]
    }

    /// Runs the program; the result is the exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        MongoRuntime.hideCounters()
        let rest = Array(arguments.dropFirst())
        guard let name = rest.first else {
            Terminal.complain(usage)
            return 2
        }
        switch name {
        case "--version", "version":
            Terminal.print("clickd \(Version.text)")
            return 0
        case "--help", "-h", "help":
            Terminal.print(usage)
            return 0
        default: break
        }
        guard let command = all.first(where: { $0.name == name }) else {
            Terminal.complain("clickd: there is no command \"\(name)\"\n\n\(usage)")
            return 2
        }
        let known = command.options + [config, help]
        guard let options = Options(Array(rest.dropFirst()), known: known, command: command.name) else {
            Terminal.complain("try: clickd \(name) --help")
            return 2
        }
        if options.has("help") {
            Terminal.print(usage(of: command))
            return 0
        }
        return run(command, options)
    }

    private static func run(_ command: Command, _ options: Options) -> Int32 {
        do {
            let most = command.operands.isEmpty ? 0 : command.mostOperands ?? .max
            guard options.operands.count <= most else {
                throw UsageError("\(command.name) takes no \"\(options.operands.last ?? "")\"")
            }
            return try command.run(options, try settings(for: command, options["config"]))
        } catch let error as SettingsError {
            Terminal.complain(error.description)
            return 2
        } catch let error as UsageError {
            Terminal.complain("clickd \(command.name): \(error.text)")
            return 2
        } catch {
            Terminal.complain("clickd \(command.name): \(error)")
            return 1
        }
    }

    private static func settings(for command: Command, _ file: String?) throws(SettingsError) -> Settings {
        guard let needs = command.needs else { return try Reload.load(file, .daemon) }
        let (settings, ignored) = try Settings.load(only: needs, file: file, environment: Environment.variables)
        if let wrong = firstOf(ignored.map(\.description)) {
            Terminal.complain("clickd \(command.name) goes on, but the configuration is wrong: \(wrong)")
        }
        return settings
    }

    private static var usage: String {
        var lines = [
            "clickd \(Version.text): a durable buffer for shop events, on their way to Kafka and MongoDB", "", "usage:",
        ]
        for command in all { lines.append("  clickd " + Format.padded(command.name, 14) + command.help) }
        lines.append("  clickd --version")
        lines.append("")
        lines.append("clickd COMMAND --help tells a command's options. Configuration: \(Settings.defaultFile)")
        return lines.joined(separator: "\n")
    }

    private static func usage(of command: Command) -> String {
        var lines = ["usage: clickd \(command.name) [OPTIONS]\(command.operands.isEmpty ? "" : " " + command.operands)"]
        lines.append(command.help)
        lines.append("")
        for known in command.options + [config, help] {
            lines.append("  " + Format.padded("--\(known.name)\(known.value.map { " " + $0 } ?? "")", 20) + known.help)
        }
        if !command.notes.isEmpty { lines += [""] + command.notes }
        return lines.joined(separator: "\n")
    }
}
