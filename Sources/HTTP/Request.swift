// One request: method, path, headers, query, body, and the way to answer it later. Its bytes are libmicrohttpd's and
// stay until the answer is given; a request belongs to one thread at a time, the one that is to answer it.
import CMicrohttpd
import Linux
import Synchronization

/// `@unchecked Sendable`: handed from the server's thread to another only while the connection is suspended, when
/// libmicrohttpd does not touch it, and handed back by resuming it, which takes libmicrohttpd's own lock.
public final class Request: @unchecked Sendable {
    public enum Method: Sendable, Equatable {
        case get, head, post, options, other

        init(_ text: UnsafePointer<CChar>) {
            if strcmp(text, "POST") == 0 {
                self = .post
            } else if strcmp(text, "GET") == 0 {
                self = .get
            } else if strcmp(text, "HEAD") == 0 {
                self = .head
            } else if strcmp(text, "OPTIONS") == 0 {
                self = .options
            } else {
                self = .other
            }
        }
    }

    public typealias Bytes = UnsafeBufferPointer<UInt8>

    public let method: Method
    /// The path, unescaped, without query.
    public let path: String
    let connection: OpaquePointer
    let owner: Server
    var bodyStorage = Body()
    /// The answer once there is one; taken by the server's thread.
    var response: Response?
    var isSuspended = false
    private let isAnswered = Atomic<Bool>(false)

    init(_ connection: OpaquePointer, _ path: UnsafePointer<CChar>, _ method: UnsafePointer<CChar>, _ owner: Server) {
        self.connection = connection
        self.path = String(cString: path)
        self.method = Method(method)
        self.owner = owner
    }

    /// The body, behind which 64 bytes are readable.
    public var body: UnsafeRawBufferPointer { bodyStorage.bytes }

    /// The first header called `name` in any case; its bytes, valid until the answer.
    public func header(_ name: StaticString) -> Bytes? { value(.HEADER_KIND, name) }

    /// A header as text; "" where it stands without a value.
    public func text(_ name: StaticString) -> String? { header(name).map { String(decoding: $0, as: UTF8.self) } }

    /// The first query argument called `name`, unescaped.
    public func argument(_ name: StaticString) -> String? {
        value(.GET_ARGUMENT_KIND, name).map { String(decoding: $0, as: UTF8.self) }
    }

    private func value(_ kind: MHD_ValueKind, _ name: StaticString) -> Bytes? {
        var value: UnsafePointer<CChar>?
        var size = 0
        let isThere = name.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { name in
                MHD_lookup_connection_value_n(connection, kind, name.baseAddress, name.count, &value, &size)
            }
        }
        guard isThere == .YES else { return nil }
        guard let value else { return Bytes(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: value, count: size).assumingMemoryBound(to: UInt8.self)
    }

    /// Every header in order: name and value.
    public func forEachHeader(_ body: (Bytes, Bytes) -> Void) { forEach(.HEADER_KIND, body) }

    /// Every query argument in order, unescaped.
    public func forEachArgument(_ body: (Bytes, Bytes) -> Void) { forEach(.GET_ARGUMENT_KIND, body) }

    private func forEach(_ kind: MHD_ValueKind, _ body: (Bytes, Bytes) -> Void) {
        withoutActuallyEscaping(body) { body in
            var step = Step(body: body)
            _ = withUnsafeMutablePointer(to: &step) { step in
                MHD_get_connection_values_n(
                    connection, kind,
                    { context, _, key, keySize, value, valueSize in
                        guard let step = context?.assumingMemoryBound(to: Step.self) else { return .NO }
                        let key = UnsafeRawBufferPointer(start: key, count: keySize)
                        let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
                        step.pointee.body(
                            key.assumingMemoryBound(to: UInt8.self), value.assumingMemoryBound(to: UInt8.self))
                        return .YES
                    }, step)
            }
        }
    }

    private struct Step { let body: (Bytes, Bytes) -> Void }

    /// The peer's address as IPv6, 16 bytes, an IPv4 one mapped; zeros where there is none.
    public var peer: [UInt8] {
        var address = [UInt8](repeating: 0, count: 16)
        _ = clickd_http_peer(connection, &address)
        return address
    }

    /// Answers a request for which the handler said `.later`, from any thread. The first answer counts.
    public func answer(_ response: Response) {
        guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.response = response
        owner.resume(connection)
    }
}
