// A request's body as it comes in, in one piece of memory that a JSON parser can read beyond. Belongs to one request.
// Never holds more than its limit; what comes beyond is counted, not kept.

struct Body: ~Copyable {
    /// Bytes that are readable behind the body.
    static let padding = 64

    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0
    /// Bytes that came, kept or not.
    private(set) var received = 0

    deinit { memory?.deallocate() }

    /// The bytes so far, `padding` readable behind them; valid until the next `append`.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Takes room for a body whose length is known.
    mutating func reserve(_ bytes: Int) {
        guard bytes > capacity else { return }
        let new = UnsafeMutableRawPointer.allocate(byteCount: bytes + Body.padding, alignment: 64)
        if let memory {
            new.copyMemory(from: memory, byteCount: count)
            memory.deallocate()
        }
        (new + count).initializeMemory(as: UInt8.self, repeating: 0, count: bytes - count + Body.padding)
        memory = new
        capacity = bytes
    }

    /// Keeps `bytes` unless the body would grow beyond `limit`; then nothing is kept any more.
    mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int) {
        received += bytes.count
        guard received <= limit, let base = bytes.baseAddress else { return drop() }
        if count + bytes.count > capacity { reserve(min(limit, max(4096, 2 * (count + bytes.count)))) }
        if let memory { (memory + count).copyMemory(from: base, byteCount: bytes.count) }
        count += bytes.count
    }

    private mutating func drop() {
        memory?.deallocate()
        memory = nil
        capacity = 0
        count = 0
    }
}
