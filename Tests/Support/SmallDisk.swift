// A small file system of a test's own, for root: in memory, to be filled; or ext4 in a file, which can also be frozen, or
// turn read-only as it does when its disk fails.
import Linux

public final class SmallDisk {
    public enum Kind: Sendable { case memory, ext4 }

    public let path: String
    private let folder: TemporaryFolder
    private var isFrozen = false

    public static func isAllowed(_ kind: Kind) -> Bool {
        guard geteuid() == 0 else { return false }
        switch kind {
        case .memory: return (try? SmallDisk(megabytes: 1)) != nil
        case .ext4: return Files.exists("/usr/sbin/fsfreeze") && Files.exists("/dev/loop-control")
        }
    }

    public init(megabytes: Int, _ kind: Kind = .memory) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/disk"
        try Files.makeFolder(path)
        switch kind {
        case .memory: try SmallDisk.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        case .ext4:
            try SmallDisk.run(["truncate", "-s", "\(megabytes)M", image])
            try SmallDisk.run(["mkfs.ext4", "-q", image])
            try mountImage()
        }
    }

    deinit {
        thawIfFrozen()
        umount2(path, Int32(MNT_DETACH))
    }

    private var image: String { folder.path + "/image" }

    private func mountImage() throws {
        try SmallDisk.run(["mount", "-o", "loop,errors=remount-ro", image, path])
    }

    public var freeBytes: Int {
        var disk = statvfs()
        return statvfs(path, &disk) == 0 ? Int(disk.f_bavail) * Int(disk.f_frsize) : 0
    }

    /// Others fill the disk but for `bytes`.
    public func fill(leaving bytes: Int = 0) throws {
        let file = try FileDescriptor.open(path + "/others", O_WRONLY | O_CREAT)
        var size = 0
        // In small steps: the outbox takes room meanwhile.
        while freeBytes > bytes, posix_fallocate(file.raw, off_t(size), 65536) == 0 { size += 65536 }
        while freeBytes > bytes, posix_fallocate(file.raw, off_t(size), 4096) == 0 { size += 4096 }
    }

    /// The others' files are gone.
    public func empty() { unlink(path + "/others") }

    /// Writes hang until it is thawed. For ext4.
    public func freeze() throws {
        try SmallDisk.run(["/usr/sbin/fsfreeze", "--freeze", path])
        isFrozen = true
    }

    public func thaw() throws {
        try SmallDisk.run(["/usr/sbin/fsfreeze", "--unfreeze", path])
        isFrozen = false
    }

    public func thawIfFrozen() { if isFrozen { try? thaw() } }

    /// What ext4 does when its journal cannot be written: from now on it is read-only, for open files as well.
    public func turnReadOnly() throws { try SmallDisk.run(["mount", "-o", "remount,abort", path]) }

    /// Unmounted, checked, mounted again. Nobody has a file open on it. For ext4.
    public func repair() throws {
        try SmallDisk.run(["umount", path])
        // 1: there was something to mend, and it is mended.
        _ = try Command.run("/usr/bin/env", ["e2fsck", "-p", image])
        try mountImage()
    }

    private static func run(_ words: [String]) throws {
        let done = try Command.run("/usr/bin/env", words)
        guard done.status == 0 else { throw Failure(description: "\(words): \(done.errors)") }
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }
}
