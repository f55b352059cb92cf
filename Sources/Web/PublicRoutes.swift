// What `web.listen` answers beside the collector: the tracker, the demonstration shop, whether the program is well.
import Collector
import HTTP
import Mongo

extension Routes {
    static func publicRoutes(_ files: StaticFiles, _ link: Link) -> Routes {
        var routes = Routes()
        routes.atOnce("/healthz") { _ in
            link.isUp
                ? Plain.ok : Response.text(503, "clickd cannot be reached\n", headers: [("Cache-Control", "no-store")])
        }
        routes.atOnce("/clickd.js") { files.answer("clickd.js", $0) ?? Plain.notFound }
        // Relative addresses in the page need the slash.
        routes.atOnce("/shop") { _ in Response(308, headers: [("Location", "/shop/")]) }
        routes.atOnce("/shop/*") { files.page("shop", String($0.path.dropFirst(6)), $0) ?? Plain.notFound }
        routes.get("/shop/api/event") { try ShopEvent.answer($0, $1) }
        return routes
    }
}

/// `GET /shop/api/event?id=…`: the stored document of an event that the demonstration shop sent, for its drawer. Events of
/// any other sender are not there for it.
enum ShopEvent {
    static let application = "clickd demonstration shop"

    static func answer(_ request: Request, _ place: Workplace) throws -> Response {
        guard let id = request.argument("id"), (1...128).contains(id.utf8.count) else {
            throw Mistake("bad_id", "say which event: ?id= and its messageId")
        }
        let found = try place.events().findOne([
            "_id": .string(id), "context.app.name": .string(application),
        ])
        // null, not 404: the drawer asks until it is there, and browsers write every 404 into the console.
        return .json(200, found?.relaxedJSON ?? Array("null".utf8))
    }
}
