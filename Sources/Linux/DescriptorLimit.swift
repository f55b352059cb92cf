// How many files this process may open (RLIMIT_NOFILE).

public enum DescriptorLimit {
    /// The limit in force.
    public static var now: Int { read().map { Int(clamping: $0.rlim_cur) } ?? .max }

    /// Takes as many as are allowed: a connection is a descriptor, and the soft limit is often 1,024.
    public static func raise() {
        guard var limit = read() else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func read() -> rlimit? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit : nil
    }
}
