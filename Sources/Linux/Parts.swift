// One piece of work over many things, cut into parts that run at once.

public enum Parts {
    private static let mostThreads = 4

    /// What `body` makes of each part of 0..<count, in order. Parts of at least `smallest` run at once, on as many
    /// threads as there are processors, four at most; the last on the caller's, and so does one that gets no thread.
    public static func map<Part>(_ count: Int, smallest: Int, _ body: (Range<Int>) -> Part) -> [Part] {
        let most = min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), mostThreads)
        let parts = min(max(1, count / smallest), most)
        func range(_ part: Int) -> Range<Int> { count * part / parts..<count * (part + 1) / parts }
        guard parts > 1 else { return [body(0..<count)] }
        let made = UnsafeMutablePointer<Part?>.allocate(capacity: parts)
        made.initialize(repeating: nil, count: parts)
        defer {
            made.deinitialize(count: parts)
            made.deallocate()
        }
        // Every thread writes a place of its own and ends before this returns.
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let (body, made) = (body, made)
            var threads: [NamedThread] = []
            for part in 0..<parts {
                let range = range(part)
                if part < parts - 1, let thread = try? NamedThread.start("part", { made[part] = body(range) }) {
                    threads.append(thread)
                } else {
                    made[part] = body(range)
                }
            }
            for thread in threads { thread.join() }
        }
        return (0..<parts).compactMap { made[$0] }
    }
}
