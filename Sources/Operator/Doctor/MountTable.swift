// Which file system a path lies on, and how it is mounted, from /proc/self/mountinfo (proc_pid_mountinfo(5)). Pure.
import Linux

struct Mount: Equatable {
    let point: String
    /// "ext4", "btrfs", "nfs4"…
    let type: String
    /// Those of the mount and those of the file system.
    let options: [String]

    /// The mount that `path` (absolute, without links) lies in: the longest that fits, the last of equals.
    static func holding(_ path: String, in table: String) -> Mount? {
        var best: Mount?
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { continue }
            let point = unescaped(fields[4])
            let fits = point == "/" || path == point || path.hasPrefix(point + "/")
            guard fits, point.utf8.count >= best?.point.utf8.count ?? 0 else { continue }
            let options = (fields[5] + "," + fields[dash + 3]).split(separator: ",").map(String.init)
            best = Mount(point: point, type: fields[dash + 1], options: options)
        }
        return best
    }

    static func holding(_ path: String) -> Mount? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        guard let table = try? Files.read("/proc/self/mountinfo") else { return nil }
        return holding(String(cString: real), in: String(decoding: table, as: UTF8.self))
    }

    /// "\040" is a space.
    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
