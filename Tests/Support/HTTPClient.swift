// A raw HTTP client: sends the bytes it is given, reads whole answers. For what curl would set right.
import Linux

public struct HTTPAnswer: Sendable {
    public let status: Int
    /// By lower-case name.
    public let headers: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
}

public final class HTTPClient {
    private let connection: FileDescriptor
    private var buffer: [UInt8] = []
    private var isOver = false

    /// Connects to 127.0.0.1; an answer is waited for `seconds`.
    public init(port: Int, seconds: Int = 60) throws {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("socket") }
        connection = FileDescriptor(owning: raw)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SystemError("connect to port \(port)") }
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// False when the server takes no more.
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

    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends a request with a body and the headers it needs, and reads its answer.
    public func request(
        _ method: String, _ path: String, _ headers: [(String, String)] = [], body: [UInt8] = []
    ) -> HTTPAnswer? {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        guard send(Array((text + "\r\n").utf8) + body) else { return answer(isHead: method == "HEAD") }
        return answer(isHead: method == "HEAD")
    }

    public func post(_ path: String, _ json: String, _ headers: [(String, String)] = []) -> HTTPAnswer? {
        request("POST", path, [("Content-Type", "application/json")] + headers, body: Array(json.utf8))
    }

    /// The next answer; nil at the end of the stream, or when none came in time.
    public func answer(isHead: Bool = false) -> HTTPAnswer? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = buffer.indices.first { buffer[$0] == 13 && buffer[$0...].starts(with: end) }
            if headEnd == nil, !fill() { return nil }
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: buffer[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let size = isHead ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < headEnd + 4 + size { if !fill() { return nil } }
        let body = Array(buffer[(headEnd + 4)..<(headEnd + 4 + size)])
        buffer.removeFirst(headEnd + 4 + size)
        return HTTPAnswer(status: status, headers: headers, body: body)
    }

    /// Whether the server ends the connection, within the time for an answer.
    public var isClosed: Bool {
        while fill() {}
        return isOver
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = read(connection.raw, &chunk, chunk.count)
        isOver = count == 0 || (count < 0 && clickd_errno() != EAGAIN)
        guard count > 0 else { return false }
        buffer.append(contentsOf: chunk[..<count])
        return true
    }
}
