// The outbox: the pragmas that its promise rests on, as the daemon's connection has them; without a daemon what the file's
// header says, read without SQLite and without touching the file (https://www.sqlite.org/fileformat.html#the_database_header).
import Linux
import Pipeline

enum OutboxChecks {
    /// What each must be, and what it is for.
    private static let pragmas: [(name: String, wanted: String, why: String)] = [
        ("journal_mode", "wal", "commits append"),
        ("synchronous", "3", "EXTRA: a commit is synced before OK"),
        ("locking_mode", "exclusive", "nobody else can open it"),
        ("secure_delete", "0", "deletes do not write zeros"),
        ("wal_autocheckpoint", "0", "checkpoints come when clickd says"),
        ("cell_size_check", "1", "damage is found early"),
    ]

    static func examine(_ patient: Patient) -> [Finding] {
        guard patient.settings.pipeline.runsIntake else { return [] }
        guard let daemon = patient.daemon, daemon.texts["pragma.journal_mode"] != nil else {
            return header(patient.settings.outbox.path + "/outbox.db")
        }
        var findings = pragmas.map { pragma -> Finding in
            let check = "outbox.\(pragma.name)"
            let value = daemon["pragma.\(pragma.name)"]
            return value == pragma.wanted
                ? .ok(check, "\(value): \(pragma.why)")
                : .problem(
                    check, "\(pragma.name) is \(value), which must be \(pragma.wanted) (\(pragma.why))",
                    remedy: "stop whatever else opens outbox.db, then: systemctl restart clickd")
        }
        findings.append(pageSize(Int(daemon["pragma.page_size"]) ?? 0))
        return findings
    }

    private static func header(_ path: String) -> [Finding] {
        let check = "outbox.file"
        guard let file = try? FileDescriptor.open(path, O_RDONLY) else {
            return [
                Files.exists(path)
                    ? .warning(
                        check, "\(path) cannot be read by this user, and no daemon tells of it",
                        remedy: "sudo clickd doctor")
                    : .ok(check, "no outbox yet; the first start makes it")
            ]
        }
        var header = [UInt8](repeating: 0, count: 100)
        guard pread(file.raw, &header, 100, 0) == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            return [
                .problem(
                    check, "\(path) is no SQLite database",
                    remedy:
                        "restore it from a backup, or move its whole folder away: mv \(Files.parent(of: path)){,.bad}")
            ]
        }
        let page = Int(header[16]) << 8 | Int(header[17])
        let format = header[60..<64].reduce(0) { $0 << 8 | Int($1) }
        var findings = [pageSize(page == 1 ? 65536 : page)]
        if format > OutboxFile.format {
            findings.append(
                .problem(
                    "outbox.format", "the outbox has format \(format), this clickd knows \(OutboxFile.format)",
                    remedy: "install the clickd that wrote it, or a later one"))
        } else {
            findings.append(.ok("outbox.format", "format \(format), no daemon runs"))
        }
        return findings
    }

    private static func pageSize(_ bytes: Int) -> Finding {
        bytes == OutboxFile.pageBytes
            ? .ok("outbox.page_size", "\(bytes): measured best for batches")
            : .warning(
                "outbox.page_size",
                "pages are \(bytes) bytes, not \(OutboxFile.pageBytes): slower, and the limit is miscounted",
                remedy: "once status shows the outbox empty: stop clickd, move the outbox's folder away, start clickd")
    }
}
