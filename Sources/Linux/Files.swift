// Small whole-file work: reading, writing beside and renaming, folders, random bytes.

public enum Files {
    /// The bytes of a file of at most `limit` bytes.
    public static func read(_ path: String, limit: Int = 16 << 20) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor.open(path, O_RDONLY)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file.raw, &chunk, chunk.count)
            if count < 0 && clickd_errno() == EINTR { continue }
            guard count >= 0 else { throw SystemError("read \(path)") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw SystemError("read \(path)", code: EFBIG) }
        }
    }

    /// Writes beside `path`, syncs, and renames into place: readers see the old or the new, never a half.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
        let beside = path + ".new"
        do {
            let file = try FileDescriptor.open(beside, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            guard writeAll(file.raw, bytes) else { throw SystemError("write \(beside)") }
            guard fsync(file.raw) == 0 else { throw SystemError("fsync \(beside)") }
        }
        guard rename(beside, path) == 0 else { throw SystemError("rename \(beside)") }
        try syncFolder(of: path)
    }

    /// Makes a rename or a new file in the folder of `path` durable.
    public static func syncFolder(of path: String) throws(SystemError) {
        let folder = parent(of: path)
        let descriptor = try FileDescriptor.open(folder, O_RDONLY | O_DIRECTORY)
        guard fsync(descriptor.raw) == 0 else { throw SystemError("fsync \(folder)") }
    }

    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes the folder and those above it.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o750) throws(SystemError) {
        if mkdir(path, mode) == 0 || clickd_errno() == EEXIST { return }
        guard clickd_errno() == ENOENT, parent(of: path) != path else { throw SystemError("make folder \(path)") }
        try makeFolder(parent(of: path), mode: mode)
        guard mkdir(path, mode) == 0 || clickd_errno() == EEXIST else { throw SystemError("make folder \(path)") }
    }

    /// The names in a folder, in no order, without "." and ".."; none where it cannot be read.
    public static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// All of `bytes`, however often write(2) stops early; false with errno.
    public static func writeAll(_ fd: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = write(fd, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count < 0 && clickd_errno() == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }

    /// Random bytes from the kernel, as lower-case hexadecimal.
    public static func randomHex(bytes count: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { getrandom($0.baseAddress.map { $0 + filled }, count - filled, 0) }
            if got > 0 { filled += got }
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
