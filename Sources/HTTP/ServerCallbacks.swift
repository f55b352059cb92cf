// What libmicrohttpd calls, on its epoll threads: a connection comes or goes, a request's headers, pieces of its body,
// its end, its completion. The request object lives in the slot that libmicrohttpd keeps for it.
import CMicrohttpd
import Linux

extension Server {
    static let connected: MHD_NotifyConnectionCallback = { context, connection, slot, event in
        guard let context, let connection, let slot else { return }
        let server = Unmanaged<Server>.fromOpaque(context).takeUnretainedValue()
        if clickd_http_is_start(event) {
            let new = Connection(socket: clickd_http_socket(connection), seconds: server.limits.headerSeconds)
            server.reaper.add(new)
            slot.pointee = Unmanaged.passRetained(new).toOpaque()
        } else if let held = slot.pointee {
            server.reaper.remove(Unmanaged<Connection>.fromOpaque(held).takeRetainedValue())
            slot.pointee = nil
        }
    }

    static let completed: MHD_RequestCompletedCallback = { context, connection, slot, _ in
        guard let context, let connection, let slot, let held = slot.pointee else { return }
        let server = Unmanaged<Server>.fromOpaque(context).takeUnretainedValue()
        Unmanaged<Request>.fromOpaque(held).release()
        slot.pointee = nil
        server.connection(connection)?.allow(seconds: server.limits.idleSeconds)
    }

    static let received: MHD_AccessHandlerCallback = { context, connection, path, method, _, data, size, slot in
        guard let context, let connection, let path, let method, let size, let slot else { return .NO }
        let server = Unmanaged<Server>.fromOpaque(context).takeUnretainedValue()
        guard let held = slot.pointee else {
            let request = Request(connection, path, method, server)
            slot.pointee = Unmanaged.passRetained(request).toOpaque()
            return server.begin(request)
        }
        let request = Unmanaged<Request>.fromOpaque(held).takeUnretainedValue()
        if size.pointee > 0 {
            let piece = UnsafeRawBufferPointer(start: data, count: size.pointee)
            size.pointee = 0
            return server.take(piece, for: request)
        }
        return server.end(request)
    }

    private func connection(_ handle: OpaquePointer) -> Connection? {
        clickd_http_socket_context(handle).map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The headers are there. An answer now leaves the body unread and closes the connection behind it.
    private func begin(_ request: Request) -> MHD_Result {
        guard clickd_http_is_well_framed(request.connection) else {
            return queue(refuse(.badFraming, request), request)
        }
        if let length = request.header("Content-Length").flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) {
            if length > limits.discardedBytes { return queue(refuse(.bodyTooLarge, request), request) }
            if length > 0, length <= limits.bodyBytes { request.bodyStorage.reserve(length) }
        }
        connection(request.connection)?.allow(seconds: limits.bodySeconds)
        return .YES
    }

    private func take(_ piece: UnsafeRawBufferPointer, for request: Request) -> MHD_Result {
        request.bodyStorage.append(piece, limit: limits.bodyBytes)
        return request.bodyStorage.received <= limits.discardedBytes ? .YES : .NO
    }

    /// The request is whole, or has been resumed with its answer.
    private func end(_ request: Request) -> MHD_Result {
        if let response = request.response { return queue(response, request) }
        if request.bodyStorage.received > limits.bodyBytes { return queue(refuse(.bodyTooLarge, request), request) }
        switch handler(request) {
        case .now(let response): return queue(response, request)
        case .later(let start):
            // Whoever answers may be quicker than this thread: libmicrohttpd keeps a resumption that comes at once.
            suspended.add(1, ordering: .relaxed)
            connection(request.connection)?.allow(seconds: nil)
            MHD_suspend_connection(request.connection)
            start(request)
            return .YES
        }
    }

    private func queue(_ response: Response, _ request: Request) -> MHD_Result {
        count(response.status)
        connection(request.connection)?.allow(seconds: limits.answerSeconds)
        guard let handle = response.handle else { return .NO }
        return MHD_queue_response(request.connection, UInt32(clamping: response.status), handle)
    }
}
