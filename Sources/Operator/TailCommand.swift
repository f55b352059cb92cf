// `clickd tail`: events as they are stored.
import Linux
import Settings

enum TailCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        let wanted = try options.number("count", least: 1)
        var shown = 0
        do throws(ControlClient.NoDaemon) {
            var client = try ControlClient(path: settings.control.socket)
            client.ask("tail")
            while wanted.map({ shown < $0 }) ?? true {
                guard let line = client.line(waitingSeconds: 3600) else {
                    Terminal.complain("the daemon ended")
                    return 1
                }
                // Programs get the bytes as they are stored; a terminal would obey what is hidden in them (C1 controls).
                let shownLine =
                    Terminal.isTerminal ? Array(Terminal.safe(String(decoding: line, as: UTF8.self)).utf8) : line
                guard Files.writeAll(1, shownLine + [0x0A]) else { return 0 }
                shown += 1
            }
            return 0
        } catch {
            Terminal.complain(error.text)
            return 1
        }
    }
}
