// `clickd send`: events from a file or standard input to the stream socket. Lines without a messageId get one, so that
// sending again is safe. Exit 1 after any refusal, and when events stay unsettled.
import Events
import JSON
import Linux
import Settings

enum SendCommand {
    private static let window = 20_000

    static func run(_ options: Options, _ settings: Settings) throws -> Int32 {
        guard let path = options["socket"] ?? settings.intake.streamSocket else {
            throw UsageError("intake.stream_socket is off; name a socket with --socket")
        }
        let patience = try options.number("wait", least: 1) ?? 60
        let input =
            try options.operands.first.map { try FileDescriptor.open($0, O_RDONLY) } ?? FileDescriptor(owning: dup(0))
        var status = stat()
        let total = fstat(input.raw, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        var lines = LineReader(descriptor: input)
        var identifier = Identifier()
        signal(SIGPIPE, SIG_IGN)
        return options.has("ack")
            ? sendAcknowledged(path, &lines, &identifier, patience: patience, total: total)
            : try sendPlain(path, &lines, &identifier)
    }

    private static func sendPlain(_ path: String, _ lines: inout LineReader, _ identifier: inout Identifier) throws
        -> Int32
    {
        let connection = try LocalSocket.connect(path: path)
        var count = 0
        while let line = lines.next() {
            guard !LineReader.isBlank(line) else { continue }
            guard Files.writeAll(connection.raw, identifier.identified(line) + [0x0A]) else {
                Terminal.complain(
                    "the daemon closed the connection after \(count) lines: \(SystemError.text(of: clickd_errno()))")
                return 1
            }
            count += 1
        }
        Terminal.complain("sent \(Format.count(count)); whether they are stored is not known without --ack")
        return 0
    }

    private static func sendAcknowledged(
        _ path: String, _ lines: inout LineReader, _ identifier: inout Identifier, patience: Int, total: Int?
    ) -> Int32 {
        var sender = AckSender(path: path)
        var progress = Progress(total: total, what: "stored")
        var isAtEnd = false
        var reported = 0
        while true {
            while !isAtEnd, sender.unsettledCount < window {
                guard let line = lines.next() else {
                    isAtEnd = true
                    break
                }
                if !LineReader.isBlank(line) { sender.add(identifier.identified(line)) }
            }
            if isAtEnd, sender.unsettledCount == 0 { break }
            sender.work(milliseconds: 100)
            for refusal in sender.refusals[reported...] {
                Terminal.complain(
                    "refused: \(refusal.text): \(String(decoding: refusal.line.prefix(200), as: UTF8.self).debugDescription)"
                )
            }
            reported = sender.refusals.count
            progress.show(done: lines.bytesRead, events: sender.stored)
            if Monotonic.seconds(from: sender.lastProgress, to: .now) > Double(patience) { break }
        }
        progress.end()
        Terminal.complain(
            "stored \(Format.count(sender.stored)), refused \(Format.count(sender.refusals.count)), "
                + "unsettled \(Format.count(sender.unsettledCount)), reconnected \(sender.reconnects)")
        return sender.refusals.isEmpty && sender.unsettledCount == 0 ? 0 : 1
    }
}

/// Gives events without a messageId one.
package struct Identifier: ~Copyable {
    private let prefix = Files.randomHex(bytes: 16)
    private var count = 0
    private let parser = try? JSONParser.make(capacity: 1 << 20, maxDepth: EventFields.maxDepth)

    package init() {}

    /// The line with an id in front; as it is where it has one, or is no object (the daemon says why then).
    package mutating func identified(_ line: [UInt8]) -> [UInt8] {
        guard let brace = line.firstIndex(of: UInt8(ascii: "{")) else { return line }
        let needsID: Bool? = try? parser?.parse(copying: line) { tape in
            tape.kind(tape.top) == .object && tape.member("messageId", of: tape.top) == nil
                && tape.after(tape.top + 1) > 0
                && tape.kind(tape.top + 1) != .objectEnd
        }
        guard needsID == true else { return line }
        count += 1
        return Array("{\"messageId\":\"\(prefix)-\(count)\",".utf8) + line[(brace + 1)...]
    }
}

/// Lines of a descriptor, however long.
package struct LineReader: ~Copyable {
    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []
    private var at = 0
    private var isAtEnd = false
    package private(set) var bytesRead = 0

    package init(descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    package static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }

    package mutating func next() -> [UInt8]? {
        var from = at
        while true {
            if let end = buffer[from...].firstIndex(of: 0x0A) {
                defer { at = end + 1 }
                return Array(buffer[at..<end])
            }
            if isAtEnd {
                guard at < buffer.count else { return nil }
                defer { at = buffer.count }
                return Array(buffer[at...])
            }
            buffer.removeFirst(at)
            at = 0
            from = buffer.count
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor.raw, &chunk, chunk.count)
            if count < 0, clickd_errno() == EINTR { continue }
            if count <= 0 { isAtEnd = true } else { buffer.append(contentsOf: chunk[..<count]) }
            bytesRead += max(count, 0)
        }
    }
}
