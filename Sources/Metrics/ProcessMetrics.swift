// What every Prometheus client library says of its process, under the same names.
import Linux

extension MetricsText {
    public mutating func process() {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
            family(
                "process_cpu_seconds_total", .counter, "Processor time used, of user and system.",
                [Sample(seconds(usage.ru_utime) + seconds(usage.ru_stime))])
        }
        let pages = fields("/proc/self/statm")
        func bytes(_ index: Int) -> Int? { index < pages.count ? Int(pages[index]).map { $0 * pageBytes } : nil }
        gauge("process_resident_memory_bytes", "Memory in use.", bytes(1))
        gauge("process_virtual_memory_bytes", "Address space in use.", bytes(0))
        gauge("process_open_fds", "Open file descriptors.", openDescriptors)
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            gauge("process_max_fds", "File descriptors it may open.", Int(clamping: limit.rlim_cur))
        }
        gauge("process_start_time_seconds", "When it started, in seconds since 1970.", startSeconds)
    }

    private var pageBytes: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

    private func fields(_ path: String) -> [Substring] {
        let text = (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split { $0 == " " || $0 == "\n" }
    }

    /// Less the one that looks.
    private var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return count
    }
}

/// Asked once: a clock that is set later must not look like a start. Not from /proc/stat, which a unit with ProcSubset=pid
/// does not see.
private let startSeconds: Double? = {
    // The program's name, in parentheses, may hold blanks: what follows it is counted from there.
    let text = (try? Files.read("/proc/self/stat")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard let name = text.lastIndex(of: ")") else { return nil }
    let rest = text[text.index(after: name)...].split(separator: " ")
    guard rest.count > 19, let ticks = Double(rest[19]) else { return nil }
    var boot = timespec()
    clock_gettime(CLOCK_BOOTTIME, &boot)
    let age = Double(boot.tv_sec) + Double(boot.tv_nsec) / 1e9 - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    return ((Double(WallClock.nowMilliseconds) / 1000 - age) * 100).rounded() / 100
}()
