// Sends lines over the stream socket with acknowledgement. What is not settled stays in memory and is sent again, in
// order, on a new connection; each line's messageId makes that safe. Blocking; belongs to one thread.
import Linux

public struct AckSender: ~Copyable {
    public struct Refusal: Sendable {
        public let line: [UInt8]
        public let text: String
    }

    private let path: String
    private var connection: FileDescriptor?
    /// Lines that are not settled; the first `sent` of them went out on this connection.
    private var unsettled: [[UInt8]] = []
    private var head = 0
    private var sent = 0
    /// Lines of this connection that are settled.
    private var settledHere = 0
    private var output: [UInt8] = []
    private var outputSent = 0
    private var input: [UInt8] = []
    private var refusedAhead: Set<Int> = []
    public private(set) var stored = 0
    public private(set) var refusals: [Refusal] = []
    public private(set) var reconnects = 0
    public private(set) var lastProgress = Monotonic.now

    public init(path: String) { self.path = path }

    public var unsettledCount: Int { unsettled.count - head }

    /// Takes a line (without its LF) to send; call `work` to move on.
    public mutating func add(_ line: [UInt8]) { unsettled.append(line) }

    /// Sends and reads what can be, waiting at most `milliseconds` for something to happen.
    public mutating func work(milliseconds: Int32) {
        guard connect() else {
            usleep(UInt32(min(milliseconds, 50)) * 1000)
            return
        }
        fill()
        guard let fd = connection?.raw else { return }
        let wantsWrite = outputSent < output.count
        var entry = pollfd(fd: fd, events: Int16(POLLIN) | (wantsWrite ? Int16(POLLOUT) : 0), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0 else { return }
        if entry.revents & Int16(POLLOUT) != 0 { write(fd) }
        if entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { read(fd) }
    }

    private mutating func connect() -> Bool {
        if connection != nil { return true }
        guard let made = try? LocalSocket.connect(path: path) else { return false }
        _ = clickd_set_nonblocking(made.raw)
        connection = consume made
        output = Array("CLICKD/1 ACK\n".utf8)
        outputSent = 0
        input = []
        sent = 0
        settledHere = 0
        refusedAhead = []
        return true
    }

    private mutating func disconnect() {
        connection = nil
        reconnects += 1
    }

    private mutating func fill() {
        if outputSent == output.count {
            output.removeAll(keepingCapacity: true)
            outputSent = 0
        }
        while head + sent < unsettled.count, output.count - outputSent < 65536 {
            output.append(contentsOf: unsettled[head + sent])
            output.append(0x0A)
            sent += 1
        }
    }

    private mutating func write(_ fd: Int32) {
        let count = output.withUnsafeBytes { bytes in
            send(fd, bytes.baseAddress.map { $0 + outputSent }, bytes.count - outputSent, Int32(MSG_NOSIGNAL))
        }
        // A failed write says nothing of what was answered before: reading tells.
        if count > 0 { outputSent += count }
    }

    private mutating func read(_ fd: Int32) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(fd, &chunk, chunk.count)
        if count < 0 && (clickd_errno() == EAGAIN || clickd_errno() == EINTR) { return }
        guard count > 0 else { return disconnect() }
        input.append(contentsOf: chunk[..<count])
        while let end = input.firstIndex(of: 0x0A) {
            let line = String(decoding: input[..<end], as: UTF8.self)
            input.removeFirst(end + 1)
            hear(line)
        }
    }

    private mutating func hear(_ answer: String) {
        let words = answer.split(separator: " ", maxSplits: 2).map(String.init)
        if words.first == "OK", words.count > 1, let count = Int(words[1]) { return settle(count) }
        if words.first == "NO", words.count > 2, let number = Int(words[1]), number > settledHere {
            let index = head + number - settledHere - 1
            guard index < unsettled.count else { return }
            refusals.append(Refusal(line: unsettled[index], text: words[2]))
            refusedAhead.insert(number)
        }
    }

    private mutating func settle(_ count: Int) {
        guard count > settledHere else { return }
        let newly = min(count - settledHere, sent)
        for number in settledHere + 1...settledHere + newly where refusedAhead.remove(number) == nil { stored += 1 }
        head += newly
        sent -= newly
        settledHere += newly
        lastProgress = .now
        if head > 8192 {
            unsettled.removeFirst(head)
            head = 0
        }
    }
}
