// The socket files of a running daemon: there, with the mode and group of the configuration, and somebody may use them.
import Linux
import Settings

enum SocketChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        let settings = patient.settings
        guard patient.daemon != nil else { return [] }
        var findings = [
            file(
                "socket.control", settings.control.socket, settings.control.socketMode, settings.control.socketGroup,
                "control")
        ]
        guard settings.pipeline.runsIntake else { return findings }
        let intake = settings.intake
        for (check, path) in [("socket.stream", intake.streamSocket), ("socket.datagram", intake.datagramSocket)] {
            if let path { findings.append(file(check, path, intake.socketMode, intake.socketGroup, "intake")) }
        }
        if let path = intake.streamSocket ?? intake.datagramSocket { findings.append(senders(path, intake)) }
        return findings
    }

    private static func file(
        _ check: String, _ path: String, _ mode: UInt32, _ group: UInt32?, _ section: String
    ) -> Finding {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            return .problem(
                check, "\(path) is no socket, though the daemon runs: somebody removed it, and senders are refused",
                remedy: "systemctl restart clickd.socket clickd")
        }
        let found = UInt32(status.st_mode) & 0o777
        if found != mode {
            return .problem(
                check, "\(path) has mode \(octal(found)), \(section).socket_mode says \(octal(mode))",
                remedy: "chmod \(octal(mode)) \(path); under systemd also SocketMode= of clickd.socket")
        }
        if let group, status.st_gid != group {
            return .problem(
                check, "\(path) belongs to group \(status.st_gid), \(section).socket_group says \(group)",
                remedy: "chgrp \(group) \(path); under systemd also SocketGroup= of clickd.socket")
        }
        return .ok(
            check,
            "\(path), mode \(octal(found)), owner \(name(user: status.st_uid)), group \(name(group: status.st_gid))")
    }

    /// Who can send.
    private static func senders(_ path: String, _ intake: IntakeSettings) -> Finding {
        let check = "socket.senders"
        var status = stat()
        guard lstat(path, &status) == 0 else {
            return .warning(check, "\(path) is away", remedy: "systemctl restart clickd.socket")
        }
        let mode = UInt32(status.st_mode)
        if mode & 0o002 != 0, intake.allowUsers.isEmpty {
            return .warning(
                check, "every user of this host may send events",
                remedy: "intake.socket_mode = \"0660\" with socket_group, or intake.allow_users = [\"www-data\"]")
        }
        if mode & 0o002 == 0, mode & 0o020 == 0 || members(status.st_gid).isEmpty {
            return .warning(
                check,
                "only \(name(user: status.st_uid)) and root can send: group \(name(group: status.st_gid)) has no members",
                remedy: "usermod -aG \(name(group: status.st_gid)) www-data, then restart that program")
        }
        let listed = intake.allowUsers.map { name(user: $0) }.joined(separator: ", ")
        return .ok(
            check, listed.isEmpty ? "members of \(name(group: status.st_gid)) may send" : "these may send: \(listed)")
    }

    static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static func name(user: UInt32) -> String { getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "\(user)" }
    static func name(group: UInt32) -> String {
        getgrgid(group).map { String(cString: $0.pointee.gr_name) } ?? "\(group)"
    }

    /// Members by /etc/group. Those whose own group it is are the owner's case.
    private static func members(_ group: UInt32) -> [String] {
        guard let entry = getgrgid(group), var at = entry.pointee.gr_mem else { return [] }
        var names: [String] = []
        while let name = at.pointee {
            names.append(String(cString: name))
            at += 1
        }
        return names
    }
}
