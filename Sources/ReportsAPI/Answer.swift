// What a request for numbers is answered with; no HTTP in it, so that tests ask without a server.
import JSON

public struct Answer: Sendable {
    public let status: Int
    public let type: String
    public let body: [UInt8]
    /// Name and value.
    public var headers: [(name: String, value: String)] = []

    static let json = "application/json"

    static func json(_ status: Int = 200, _ body: (inout JSONWriter) -> Void) -> Answer {
        var writer = JSONWriter()
        writer.object(body)
        return Answer(status: status, type: json, body: writer.bytes)
    }

    static func mistake(_ status: Int, _ code: String, _ message: String) -> Answer {
        json(status) {
            $0.member("code", code)
            $0.member("message", message)
        }
    }

    static func csv(_ table: Table, name: String) -> Answer {
        var answer = Answer(status: 200, type: "text/csv; charset=utf-8; header=present", body: table.csv)
        answer.headers = [("Content-Disposition", "attachment; filename=\"\(name).csv\"")]
        return answer
    }
}
