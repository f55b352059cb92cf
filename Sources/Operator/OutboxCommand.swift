// `clickd outbox check|repair|export`: the outbox of a stopped daemon, or one that was set aside. Whoever runs, has it:
// these are refused then.
import Linux
import Pipeline
import Settings

enum OutboxCommand {
    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        let folder = options["path"] ?? settings.outbox.path
        do throws(OutboxError) {
            switch options.operands.first {
            case "check": return try check(folder)
            case "repair": return try repair(folder, settings)
            case "export": return try export(folder, options["output"])
            default: break
            }
        } catch {
            Terminal.complain("clickd outbox: \(error.text)")
            return error.exitCode
        }
        throw UsageError("say what to do: check, repair or export")
    }

    private static func check(_ folder: String) throws(OutboxError) -> Int32 {
        let found = try OutboxInspection.run(folder)
        Terminal.print(
            "\(folder): \(Format.count(found.events)) events in \(Format.count(found.rows)) rows, "
                + "\(Format.bytes(found.bytes)), \(Format.count(found.dead)) dead letters")
        for problem in found.problems { Terminal.print("  ! " + Log.escaped(problem)) }
        Terminal.print(found.problems.isEmpty ? "all is as it was stored" : "damaged: see clickd outbox repair")
        return found.problems.isEmpty ? 0 : 1
    }

    private static func repair(_ folder: String, _ settings: Settings) throws(OutboxError) -> Int32 {
        try OutboxSalvage.finishRenaming(folder)
        let found = try OutboxInspection.run(folder)
        guard !found.problems.isEmpty else {
            Terminal.print("\(folder): nothing to repair")
            return 0
        }
        let salvage = try OutboxSalvage.run(folder, from: nil, maxBytes: settings.outbox.maxBytes)
        Terminal.print(salvage.text)
        return 0
    }

    /// Every event that can be read, one a line, as `clickd send` takes them.
    private static func export(_ folder: String, _ output: String?) throws(OutboxError) -> Int32 {
        // Never over a file that is there.
        let raw = output.map { clickd_open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) } ?? dup(1)
        guard raw >= 0 else { throw .system("\(SystemError("open \(output ?? "standard output")"))") }
        let file = FileDescriptor(owning: raw)
        var lines: [UInt8] = []
        var isWritten = true
        let found = try OutboxInspection.run(folder) { event in
            lines.append(contentsOf: event)
            lines.append(0x0A)
            guard lines.count >= 1 << 20 else { return }
            isWritten = isWritten && Files.writeAll(file.raw, lines)
            lines.removeAll(keepingCapacity: true)
        }
        isWritten = isWritten && Files.writeAll(file.raw, lines)
        guard isWritten, output == nil || fsync(file.raw) == 0 else {
            throw .system("\(SystemError("write \(output ?? "to standard output")"))")
        }
        for problem in found.problems { Terminal.complain("  ! " + Log.escaped(problem)) }
        Terminal.complain("\(found.events) events exported")
        return found.problems.isEmpty ? 0 : 1
    }
}
