// /api/… and /export/….csv: a request's arguments to ReportsAPI, its answer back to HTTP.
import HTTP
import ReportsAPI

enum ReportRoutes {
    static func answer(_ request: Request, _ place: Workplace) throws -> Response {
        var arguments: [(name: String, value: String)] = []
        request.forEachArgument { name, value in
            arguments.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        // EventSource tells in a header where it was.
        if request.path == "/api/live", let id = request.text("Last-Event-ID") {
            arguments.append(("last_event_id", id))
        }
        let answer = try place.reports().answer(path: request.path, arguments)
        let headers = answer.headers.map { (name: $0.name, value: $0.value) }
        guard answer.type == "application/json" else {
            return Response(answer.status, type: answer.type, body: answer.body, headers: headers)
        }
        return .json(answer.status, answer.body, headers: headers)
    }
}
