// What operators give: the configuration as TOML, and both directions of the control socket.
import JSON
import Linux
import Operator
import Pipeline
import Settings
import TOML

final class TOMLTarget: Target {
    init() {}

    func read(_ input: UnsafeRawBufferPointer) {
        let lines = 1 + input.count { $0 == 0x0A }
        do throws(TOMLError) {
            let document = try TOMLDocument.parse(text: Array(input), file: "f")
            check(document.entries, lines)
            let again = try TOMLDocument.parse(text: Array(input), file: "f")
            // As text: no NaN equals another.
            holds("\(again)" == "\(document)", "a text is read alike each time")
        } catch {
            holds(error.line >= 1 && error.column >= 1 && !error.text.isEmpty, "a mistake has a place and a text")
        }
    }

    private func check(_ entries: [TOMLEntry], _ lines: Int) {
        holds(Set(entries.map(\.key)).count == entries.count, "no key is there twice")
        for entry in entries {
            holds((1...lines).contains(entry.position.line), "a key stands in a line of the text")
            check(entry.value, lines)
        }
    }

    private func check(_ value: TOMLValue, _ lines: Int) {
        holds((1...lines).contains(value.position.line), "a value stands in a line of the text")
        switch value.content {
        case .table(let entries): check(entries, lines)
        case .array(let elements): for element in elements { check(element, lines) }
        default: break
        }
    }
}

final class SettingsTarget: Target {
    private let path = "/dev/shm/clickd-fuzz-\(getpid())"

    init() {}

    func read(_ input: UnsafeRawBufferPointer) throws {
        try overwrite(path, Array(input)[...])
        defer { unlink(path) }
        do throws(SettingsError) { _ = try Settings.load(file: path, environment: [:]) } catch {
            for mistake in error.mistakes {
                holds(!mistake.text.isEmpty && !mistake.description.contains("\n"), "a mistake is one line: \(mistake)")
            }
        }
    }
}

/// A request of a client, an answer of the daemon, and a status: every input is looked at as each.
final class ControlTarget: Target {
    private let parser: JSONParser

    init() throws { parser = try JSONParser.make(capacity: 65536, maxDepth: 8) }

    func read(_ input: UnsafeRawBufferPointer) {
        if let request = request(Array(input)) {
            let line = request.line
            holds(self.request(line)?.line == line, "a request survives")
        }
        if let answer = DeadAnswer(line: Array(input)) {
            let line = answer.line
            holds(DeadAnswer(line: line)?.line == line, "an answer survives")
        }
        if let values = StatusValues(Array(input)) {
            for look in [Look(hasColor: true, isUnicode: true), Look(hasColor: false, isUnicode: false)] {
                holds(!StatusTable.text(values, look: look).isEmpty, "a status is shown")
            }
        }
    }

    private func request(_ line: [UInt8]) -> DeadRequest? {
        (try? parser.parse(copying: line) { DeadRequest($0) }) ?? nil
    }
}
