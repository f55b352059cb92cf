// Device, referrer and campaign out of an event's `context`, as trackers send it.
import Mongo

enum ContextReader {
    static func read(_ context: BSONView?) -> FactContext {
        guard let context else { return FactContext() }
        var result = FactContext()
        var type: String?
        var agent: String?
        var page: BSONView?
        for element in context {
            switch element.name {
            case "device": type = element.document?.string("type")
            case "userAgent": agent = element.string
            case "page": page = element.document
            case "referrer": result.referrer = element.document?.string("url").flatMap(host)
            case "campaign": result.campaign = FactReader.text(element.document?["name"])
            case "robot": result.isRobot = element.bool == true
            default: break
            }
        }
        result.device = device(type: type, agent: agent)
        if let page {
            let from = page.string("referrer").flatMap(host)
            if from != nil { result.referrer = from }
            if let own = page.string("url").flatMap(host), own == result.referrer { result.referrer = nil }
        }
        return result
    }

    static func device(type: String?, agent: String?) -> String? {
        if let type, !type.isEmpty {
            switch type.lowercased() {
            case "mobile", "phone", "smartphone", "ios", "android", "handset": return "phone"
            case "tablet", "ipad": return "tablet"
            case "desktop", "computer", "pc": return "desktop"
            case let other: return FactReader.cut(other)
            }
        }
        guard let agent, !agent.isEmpty else { return nil }
        if contains(agent, "iPad") || contains(agent, "Tablet") { return "tablet" }
        if contains(agent, "Android") { return contains(agent, "Mobile") ? "phone" : "tablet" }
        return contains(agent, "Mobi") || contains(agent, "iPhone") ? "phone" : "desktop"
    }

    private static func contains(_ text: String, _ part: StaticString) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let count = part.utf8CodeUnitCount
            guard bytes.count >= count else { return false }
            for start in 0...(bytes.count - count) {
                var at = 0
                while at < count, bytes[start + at] == part.utf8Start[at] { at += 1 }
                if at == count { return true }
            }
            return false
        }
    }

    /// The host of an address, in lower case, without `www.`; nil for what is none.
    static func host(_ address: String) -> String? {
        var rest = address[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        rest = rest.prefix { $0 != ":" }
        var host = rest.lowercased()
        if host.hasPrefix("www.") { host.removeFirst(4) }
        return host.isEmpty ? nil : FactReader.cut(host)
    }
}
