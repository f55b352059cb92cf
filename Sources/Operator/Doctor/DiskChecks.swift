// The disk under the outbox: what file system, how it is mounted, whether there is room, and how long an fsync takes, for
// that is what every acknowledgement waits for.
import Linux
import Settings

enum DiskChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        guard patient.settings.pipeline.runsIntake else { return [] }
        let outbox = patient.settings.outbox
        var folder = outbox.path
        while !Files.exists(folder), folder != "/" { folder = Files.parent(of: folder) }
        var findings: [Finding] = []
        if let mount = Mount.holding(folder) { findings += [kind(mount, folder), options(mount)] }
        var status = statvfs()
        if statvfs(folder, &status) == 0 {
            findings += [room(status, outbox), inodes(status)]
        }
        findings.append(syncTime(folder))
        return findings
    }

    static func kind(_ mount: Mount, _ folder: String) -> Finding {
        let check = "disk.kind"
        let remedy = "outbox.path = \"…\" on ext4 or XFS, on a disk of this host"
        return switch mount.type {
        case "tmpfs", "ramfs":
            .problem(
                check, "\(folder) is in memory (\(mount.type)): a power cut loses every stored event", remedy: remedy)
        case "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "afs", "fuse.sshfs":
            .warning(
                check,
                "\(folder) is on a network file system (\(mount.type)): locks and fsync are what its server makes of them",
                remedy: remedy)
        case "btrfs", "zfs", "bcachefs":
            .warning(
                check,
                "\(mount.type) copies on write: in a full file system deletes may fail, room cannot be taken ahead",
                remedy: remedy)
        case "overlay", "aufs":
            .warning(check, "\(folder) is in a container's own layer: it goes when the container does", remedy: remedy)
        default: .ok(check, "\(mount.type), mounted at \(mount.point)")
        }
    }

    static func options(_ mount: Mount) -> Finding {
        let check = "disk.options"
        let unsafe = mount.options.filter { ["nobarrier", "barrier=0", "barrier=none", "nointegrity"].contains($0) }
        if mount.options.contains("ro") {
            return .problem(
                check, "\(mount.point) is read-only: the kernel may have found it damaged",
                remedy: "look at dmesg, check the disk, then: mount -o remount,rw \(mount.point)")
        }
        guard unsafe.isEmpty else {
            return .problem(
                check,
                "\(mount.point) is mounted with \(unsafe.joined(separator: ",")): a power cut may lose synced events",
                remedy: "take it out of /etc/fstab, then: mount -o remount,barrier=1 \(mount.point)")
        }
        return .ok(check, "no mount option that weakens fsync")
    }

    static func room(_ status: statvfs, _ outbox: OutboxSettings) -> Finding {
        let check = "disk.room"
        let free = Int(clamping: status.f_bavail) * Int(clamping: status.f_frsize)
        if free < outbox.minFreeBytes {
            return .problem(
                check,
                "\(Format.bytes(free)) are free, less than outbox.min_free_bytes (\(Format.bytes(outbox.minFreeBytes))): "
                    + "no new events are taken",
                remedy: "make room on the disk, or lower outbox.min_free_bytes")
        }
        var file = stat()
        let taken = stat(outbox.path + "/outbox.db", &file) == 0 ? Int(file.st_blocks) * 512 : 0
        let possible = free + taken - outbox.minFreeBytes
        guard possible >= outbox.maxBytes else {
            return .warning(
                check,
                "\(Format.bytes(free)) are free: the outbox ends at \(Format.bytes(possible)), not at "
                    + "outbox.max_bytes (\(Format.bytes(outbox.maxBytes)))",
                remedy: "a larger disk, or outbox.max_bytes = \"\(max(4, possible >> 20)) MiB\"")
        }
        return .ok(check, "\(Format.bytes(free)) are free, enough for max_bytes and min_free_bytes")
    }

    private static func inodes(_ status: statvfs) -> Finding {
        // File systems without a fixed number say 0 of 0.
        guard status.f_files > 0, status.f_favail < 1000 else { return .ok("disk.inodes", "inodes enough") }
        return .warning(
            "disk.inodes", "\(status.f_favail) inodes are left: SQLite may fail to make its files",
            remedy: "remove small files on this file system: du --inodes -x / | sort -n | tail")
    }

    /// Times `count` small synced writes in a file of the folder, removed again.
    private static func syncTime(_ folder: String, count: Int = 60) -> Finding {
        let check = "disk.fsync"
        let path = folder + "/.doctor-\(Files.randomHex(bytes: 6))"
        defer { unlink(path) }
        do throws(SystemError) {
            let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
            let bytes = [UInt8](repeating: 0x5A, count: 4096)
            var times: [Double] = []
            for index in 0..<count {
                let start = Monotonic.now
                guard pwrite(file.raw, bytes, bytes.count, off_t(index * bytes.count)) == bytes.count,
                    fsync(file.raw) == 0
                else { throw SystemError("write and fsync \(path)") }
                times.append(Monotonic.seconds(from: start, to: .now) * 1000)
                // A disk that takes seconds has said enough.
                if times.reduce(0, +) > 3000 { break }
            }
            times.sort()
            return judge(median: times[times.count / 2], slowest: times[min(times.count - 1, times.count * 99 / 100)])
        } catch {
            return .problem(
                check, "\(error)",
                remedy: "run the doctor as root or as the daemon's user; if it is that: chown -R clickd: \(folder)")
        }
    }

    /// In milliseconds.
    static func judge(median: Double, slowest: Double) -> Finding {
        let check = "disk.fsync"
        let figures = "fsync p50 \(Format.decimal(median, 2)) ms, p99 \(Format.decimal(slowest, 2)) ms"
        if median < 0.01 {
            return .warning(
                check, "\(figures): no disk is so quick; a power cut may lose what was synced",
                remedy: "see disk.kind; on a virtual machine set the disk's cache to writethrough or none")
        }
        guard slowest < 100 else {
            return .warning(
                check, "\(figures): every acknowledgement waits for it",
                remedy: "a disk of its own for outbox.path, an SSD with power-loss protection at best")
        }
        return .ok(check, figures)
    }
}
