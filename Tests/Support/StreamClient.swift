// A raw client of the stream socket: sends bytes as they are, reads answers as lines.
import Linux

public final class StreamClient {
    private let connection: FileDescriptor
    private var buffer: [UInt8] = []

    public init(_ path: String, hello: Bool = true) throws {
        connection = try LocalSocket.connect(path: path)
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(connection.raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if hello {
            send("CLICKD/1 ACK\n")
            _ = line()
        }
    }

    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// False when the daemon takes no more.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.send(connection.raw, raw.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// The next answer without its LF; nil at the end of the stream, or after 60 s.
    public func line() -> String? {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            let count = read(connection.raw, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer.append(contentsOf: chunk[..<count])
        }
    }

    /// Answers up to and with `OK` for at least `lines` lines.
    public func answers(upTo lines: Int) -> [String] {
        var all: [String] = []
        while let answer = line() {
            all.append(answer)
            if answer.hasPrefix("OK "), let count = Int(answer.dropFirst(3)), count >= lines { return all }
        }
        return all
    }

    /// No more is sent; answers can still be read.
    public func endSending() { shutdown(connection.raw, Int32(SHUT_WR)) }

    public var raw: Int32 { connection.raw }
}
