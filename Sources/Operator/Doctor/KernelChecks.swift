// What the kernel allows: queues of datagrams, the backlog of connections, open files.
import Linux
import Settings

enum KernelChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        let intake = patient.settings.intake
        guard patient.settings.pipeline.runsIntake else { return [] }
        var findings: [Finding] = []
        if intake.datagramSocket != nil, let length = value("net/unix/max_dgram_qlen") {
            findings.append(
                least(
                    "kernel.unix_datagrams", "net.unix.max_dgram_qlen", length, 512,
                    "a burst of datagrams blocks its sender, or is lost with it"))
        }
        if intake.udp != nil, let bytes = value("net/core/rmem_max") {
            findings.append(
                least(
                    "kernel.udp_buffer", "net.core.rmem_max", bytes, 4 << 20,
                    "a burst over UDP is dropped by the kernel (counted as datagrams_lost)"))
        }
        if intake.streamSocket != nil, let length = value("net/core/somaxconn") {
            findings.append(
                least(
                    "kernel.backlog", "net.core.somaxconn", length, 1024,
                    "waiting senders are refused while clickd starts"))
        }
        findings.append(files(patient))
        return findings
    }

    private static func value(_ name: String) -> Int? {
        let text = try? Files.read("/proc/sys/\(name)", limit: 100)
        return text.flatMap { Int(String(decoding: $0, as: UTF8.self).filter { $0.isNumber }) }
    }

    static func least(_ check: String, _ name: String, _ value: Int, _ wanted: Int, _ otherwise: String) -> Finding {
        value >= wanted
            ? .ok(check, "\(name) is \(value)")
            : .warning(
                check, "\(name) is \(value): \(otherwise)",
                remedy: "sysctl -w \(name)=\(wanted), and the same line in /etc/sysctl.d/clickd.conf")
    }

    private static func files(_ patient: Patient) -> Finding {
        let check = "kernel.open_files"
        // Sockets, the outbox, Kafka's and MongoDB's connections, with room to spare.
        let needed = patient.settings.intake.maxConnections + 256
        guard let limit = patient.daemon?.numbers["max_files"] else {
            return .ok(check, "\(needed) are needed; the unit allows 65536 (LimitNOFILE)")
        }
        return limit >= needed
            ? .ok(check, "the daemon may open \(limit) files, needs about \(needed)")
            : .problem(
                check,
                "the daemon may open \(limit) files, and needs about \(needed) for intake.max_connections "
                    + "(\(patient.settings.intake.maxConnections)): connections will be refused",
                remedy: "LimitNOFILE=\(max(65536, needed)) in the unit (systemctl edit clickd), or ulimit -n")
    }
}
