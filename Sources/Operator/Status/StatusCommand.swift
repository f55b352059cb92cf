// `clickd status`: how the daemon is, for a person or as JSON; with --watch again every second, on a terminal in place.
import Linux
import Settings

enum StatusCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        let asker = Asker(path: settings.control.socket, isJSON: options.has("json"))
        guard options.has("watch") else {
            let answer = asker.ask(.current)
            guard answer.exitCode != 4 else {
                Terminal.complain(answer.text)
                return 4
            }
            Terminal.print(answer.text)
            return answer.exitCode
        }
        if Terminal.isTerminal, isatty(0) == 1 { return try StatusScreen.run(asker) }
        while true {
            let answer = asker.ask(.current)
            if answer.exitCode == 4 { Terminal.complain(answer.text) } else { Terminal.print(answer.text) }
            sleep(1)
        }
    }
}

/// One look at the daemon: what to show, and the exit status it stands for.
struct Asker {
    let path: String
    let isJSON: Bool

    func ask(_ look: Look) -> (text: String, exitCode: Int32) {
        let json: [UInt8]
        do throws(ControlClient.NoDaemon) { json = try ControlClient.status(path: path) } catch {
            return (error.text, 4)
        }
        guard let values = StatusValues(json) else { return ("the daemon's answer makes no sense", 4) }
        let text = isJSON ? String(decoding: json, as: UTF8.self) : StatusTable.text(values, look: look)
        return (text, values.state == "running" ? 0 : 3)
    }
}
