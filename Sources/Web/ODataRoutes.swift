// /odata/… and /clickd.pbids: HTTP's side of OData, and the file that opens it in Power BI.
import Collector
import HTTP
import JSON
import OData

enum ODataRoutes {
    static func answer(_ request: Request, _ place: Workplace) throws -> Response {
        let method: ODataRequest.Method =
            switch request.method {
            case .get, .head: .read
            case .post: .post
            default: .change
            }
        var asked = ODataRequest(
            method: method, path: request.path,
            base: base(request, trustsProxy: place.settings.web.trustProxy) + "odata/")
        request.forEachArgument { name, value in
            asked.options.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        request.forEachHeader { name, value in
            let name = String(decoding: name, as: UTF8.self).lowercased()
            let value = String(decoding: value, as: UTF8.self)
            // Given twice, a list goes on.
            asked.headers[name] = asked.headers[name].map { $0 + "," + value } ?? value
        }
        let answer = try place.odata().answer(asked)
        return Response(
            answer.status, type: answer.type, body: answer.body,
            headers: answer.headers.map { (name: $0.name, value: $0.value) })
    }

    /// How this service is called by who asks: `http://127.0.0.1:8081/`. Behind a trusted proxy, as the proxy was called.
    static func base(_ request: Request, trustsProxy: Bool) -> String {
        var host = request.text("Host") ?? ""
        var scheme = "http"
        if trustsProxy {
            if let outer = request.text("X-Forwarded-Host"), isHost(outer) { host = outer }
            if request.text("X-Forwarded-Proto")?.lowercased() == "https" { scheme = "https" }
        }
        // A relative address where the client's own name for us makes none.
        return isHost(host) ? "\(scheme)://\(host)/" : "/"
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || ".-_:[]".utf8.contains(byte)
            }
    }

    /// Power BI's own format: https://learn.microsoft.com/power-bi/connect-data/desktop-data-sources
    static func pbids(_ request: Request, trustsProxy: Bool) -> Response {
        var writer = JSONWriter()
        writer.object { o in
            o.member("version", "0.1")
            o.key("connections")
            o.array { list in
                list.object { connection in
                    connection.key("details")
                    connection.object { details in
                        details.member("protocol", "odata")
                        details.key("address")
                        details.object { $0.member("url", base(request, trustsProxy: trustsProxy) + "odata/") }
                    }
                    connection.key("options")
                    connection.object { _ in }
                    connection.member("mode", "Import")
                }
            }
        }
        return .json(
            200, writer.bytes, headers: [("Content-Disposition", "attachment; filename=\"clickd.pbids\"")])
    }
}
