// Reads an event's document, as the consumer wrote it, into a fact. Whatever senders put into properties and context is
// taken only where it has the right type; nothing here fails.
import Events
import Mongo

public enum FactReader {
    /// What of a document need not be sent for this.
    public static let projection: BSONDocument = ["traits": 0, "extra": 0, "hash": 0, "kafka": 0, "host": 0]
    /// Texts that become columns' values are cut behind so many bytes.
    public static let maxTextBytes = 256

    /// nil for a document that is no event.
    public static func read(_ document: BSONView) -> Fact? {
        var id: String?
        var time: Int64?
        var fact = Fact(time: 0, visitor: nil, kind: FactKind(activity: nil, type: "track", event: nil))
        var properties: BSONView?
        var context: BSONView?
        var user: String?
        var hasAnonymous = false
        for element in document {
            switch element.name {
            case "_id": id = element.string
            case "type": fact.kind.type = element.string ?? "track"
            case "event": fact.kind.event = element.string
            case "activity": fact.kind.activity = element.string.flatMap(Activity.init(name:))
            case "visitor": fact.visitor = element.string
            case "userId": user = element.string
            case "anonymousId": hasAnonymous = element.string != nil
            case "ts": time = element.dateMilliseconds
            case "properties": properties = element.document
            case "context": context = element.document
            default: break
            }
        }
        guard let id, let time else { return nil }
        fact.time = time
        fact.context = ContextReader.read(context)
        fact.context.isSignedIn = user != nil
        if hasAnonymous { fact.user = user }
        readProperties(properties, id, &fact)
        return fact
    }

    private static func readProperties(_ properties: BSONView?, _ id: String, _ fact: inout Fact) {
        let isOrder = fact.kind.activity == .order
        guard let properties else {
            if isOrder { fact.order = FactOrder(id: id) }
            return
        }
        fact.lines = lines(properties, withAmounts: isOrder)
        if isOrder {
            let amount = ["revenue", "total", "value"].lazy.compactMap { money(properties[$0]) }.first
            fact.order = FactOrder(
                id: text(properties["order_id"]) ?? id, currency: text(properties["currency"]), revenue: amount)
        }
        if fact.kind.activity == .search {
            let term = text(properties["query"]) ?? text(properties["search_term"]) ?? ""
            fact.search = FactSearch(
                term: trimmed(term.lowercased()), hasResults: properties["results"]?.double.map { $0 != 0 })
        }
    }

    private static func lines(_ properties: BSONView, withAmounts: Bool) -> [FactLine] {
        if let own = line(properties, withAmounts) { return [own] }
        guard let list = (properties["products"] ?? properties["items"])?.document else { return [] }
        var lines: [FactLine] = []
        var places: [String: Int] = [:]
        for element in list {
            guard let item = element.document, let line = line(item, withAmounts) else { continue }
            if let place = places[line.product] {
                if let more = line.amount { lines[place].amount = sum(lines[place].amount, more) }
            } else {
                places[line.product] = lines.count
                lines.append(line)
            }
        }
        return lines
    }

    private static func sum(_ a: Money?, _ b: Money) -> Money {
        var sum = b
        if let a { sum += a }
        return sum
    }

    private static func line(_ item: BSONView, _ withAmount: Bool) -> FactLine? {
        guard let product = text(item["product_id"]) ?? text(item["sku"]) ?? text(item["item_id"]) else { return nil }
        var line = FactLine(product: product, name: text(item["name"]) ?? text(item["item_name"]))
        if withAmount, let price = number(item["price"]) {
            line.amount = Money(price * (number(item["quantity"]) ?? 1))
        }
        return line
    }

    private static func money(_ element: BSONElement?) -> Money? { number(element).flatMap { Money($0) } }

    /// A number, or a text that is one.
    private static func number(_ element: BSONElement?) -> Double? {
        element?.double ?? element?.string.flatMap { Double($0) }
    }

    /// A text, or a whole number's digits; nil for an empty one.
    static func text(_ element: BSONElement?) -> String? {
        guard let element, let text = element.string ?? element.integer.map(String.init), !text.isEmpty else {
            return nil
        }
        return cut(text)
    }

    /// At most `maxTextBytes`, at a character's end.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > maxTextBytes else { return text }
        var kept = ""
        for character in text.unicodeScalars {
            guard kept.utf8.count + UTF8.width(character) <= maxTextBytes else { break }
            kept.unicodeScalars.append(character)
        }
        return kept
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return cut(String(start[...end]))
    }
}

extension Activity {
    public init?(name: String) {
        guard let found = Activity.allCases.first(where: { $0.text == name }) else { return nil }
        self = found
    }

    /// Its name as a String.
    public var text: String { name.description }
}
