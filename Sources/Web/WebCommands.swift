// The commands of `clickd-web`.
import Linux
import Operator
import Settings

/// Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
public enum WebCommands {
    private static let options: [Options.Known] = [
        .init(name: "config", value: "FILE", help: "configuration (default \(Settings.defaultFile))"),
        .init(name: "web", value: "DIR", help: "folder of pages and scripts (default: CLICKD_WEB_FILES, or installed)"),
        .init(name: "help", value: nil, help: "this help"),
    ]

    public static func run(_ arguments: [String]) -> Int32 {
        guard let name = arguments.dropFirst().first else {
            say(2, usage)
            return 2
        }
        switch name {
        case "--version", "version":
            say(1, "clickd-web \(Version.text)")
            return 0
        case "--help", "-h", "help":
            say(1, usage)
            return 0
        case "run", "check-config": break
        default:
            say(2, "clickd-web: there is no command \"\(name)\"\n\n\(usage)")
            return 2
        }
        guard let given = Options(Array(arguments.dropFirst(2)), known: options, command: name, program: "clickd-web")
        else {
            say(2, "try: clickd-web --help")
            return 2
        }
        if given.has("help") {
            say(1, usage)
            return 0
        }
        guard given.operands.isEmpty else {
            say(2, "clickd-web \(name): takes no \"\(given.operands[0])\"")
            return 2
        }
        do throws(SettingsError) {
            let settings = try Reload.load(given["config"], .web)
            if name == "check-config" {
                say(1, "configuration: in order")
                return 0
            }
            return WebRun.run(settings, file: given["config"], folder: WebFolder.find(given["web"]))
        } catch {
            say(2, error.description)
            return 2
        }
    }

    private static func say(_ descriptor: Int32, _ text: String) {
        _ = Files.writeAll(descriptor, Array((text + "\n").utf8))
    }

    private static var usage: String {
        """
        clickd-web \(Version.text): events over HTTP to clickd, and the shop's numbers to people

        usage:
          clickd-web run [--config FILE] [--web DIR]
          clickd-web check-config [--config FILE]
          clickd-web --version

          --config FILE   configuration (default \(Settings.defaultFile))
          --web DIR       folder of pages and scripts (default: $CLICKD_WEB_FILES, else
                          /usr/share/clickd-web if there, else web)
        """
    }
}
