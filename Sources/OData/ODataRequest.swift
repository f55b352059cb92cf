// A request as OData reads it: which resource its path names, the versions and the answer's form that its headers allow.
// Pure; HTTP is left at the door.

public struct ODataRequest: Sendable {
    public enum Method: Sendable { case read, post, change }

    public var method: Method
    /// Decoded, from `/odata` on.
    public var path: String
    /// Decoded, in their order.
    public var options: [(name: String, value: String)]
    /// By lower-case name.
    public var headers: [String: String]
    /// What answers call this service: `http://host:8081/odata/`.
    public var base: String

    public init(
        method: Method = .read, path: String, options: [(name: String, value: String)] = [],
        headers: [String: String] = [:], base: String
    ) {
        self.method = method
        self.path = path
        self.options = options
        self.headers = headers
        self.base = base
    }

    /// The highest version the client takes and the one it speaks must fit 4.0.
    func checkVersions() throws(Fault) {
        if let most = headers["odata-maxversion"] {
            guard let major = ODataRequest.major(most) else { throw .bad("OData-MaxVersion: \(quoted(most)) is none") }
            guard major >= 4 else { throw .bad("OData-MaxVersion is \(most): this service speaks 4.0") }
        }
        if let own = headers["odata-version"], own.trimmed != "4.0" {
            throw .bad("OData-Version is \(quoted(own)): this service speaks 4.0")
        }
    }

    /// Of "4.01" and "4.0;NetFx".
    private static func major(_ text: String) -> Int? {
        let version = (text.split(separator: ";").first.map(String.init) ?? "").trimmed
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, Int(parts[1]) != nil else { return nil }
        return Int(parts[0])
    }
}

package enum Resource: Sendable {
    case service
    case metadata
    case all(EntitySet)
    case count(EntitySet)
    case one(EntitySet, [Value])

    package static func parse(_ path: String) throws(Fault) -> Resource {
        var rest = path.hasPrefix("/odata") ? path.dropFirst(6) : path[...]
        if rest.hasPrefix("/") { rest = rest.dropFirst() }
        switch rest {
        case "": return .service
        case "$metadata": return .metadata
        case "$batch": throw .unsupported("$batch is not supported: send its requests singly")
        default: break
        }
        if rest.hasPrefix("$") { throw .unsupported("\(quoted(String(rest))) is not supported") }
        let name = rest.prefix { $0 != "(" && $0 != "/" }
        guard let set = Model.set(String(name)) else {
            throw .notFound("there is no entity set \(quoted(String(name)))")
        }
        rest = rest.dropFirst(name.count)
        if rest.isEmpty || rest == "/" { return .all(set) }
        if rest == "/$count" { return .count(set) }
        guard rest.hasPrefix("(") else { throw .unsupported("\(quoted(String(rest))) is not supported") }
        let (values, end) = try KeyPredicate.parse(String(rest), set)
        guard end == rest.utf8.count else {
            throw .unsupported("single properties and what is behind them are not supported: use $select")
        }
        return .one(set, values)
    }
}

/// `('id')`, `(Id='id')`, `(Date=2026-11-23,Activity='search')`.
enum KeyPredicate {
    /// The key's values in their order, and where the predicate ended, in bytes.
    static func parse(_ text: String, _ set: EntitySet) throws(Fault) -> ([Value], Int) {
        var lexer = Lexer(text)
        var named: [String: Value] = [:]
        _ = try lexer.next()
        while true {
            var name = set.keyCount == 1 ? set.columns[0].name : ""
            var token = try lexer.next()
            if case .name(let given) = token {
                name = given
                guard case .equals = try lexer.next() else { throw .bad("a key is written (Name=value)") }
                token = try lexer.next()
            }
            guard case .literal(let value) = token else { throw .bad("a key's value is missing") }
            guard let column = set.keys.first(where: { $0.name == name }), named[name] == nil else {
                throw .bad("the key of \(set.name) is \(set.keys.map(\.name).joined(separator: ", "))")
            }
            guard column.type.admits(value), !value.isNull else {
                throw .bad("\(name) is \(column.type.rawValue), as \(column.type.example)")
            }
            named[name] = value
            token = try lexer.next()
            if case .comma = token { continue }
            guard case .close = token else { throw .bad("a key ends with )") }
            break
        }
        let values = set.keys.compactMap { named[$0.name] }
        guard values.count == set.keyCount else {
            throw .bad("the key of \(set.name) is \(set.keys.map(\.name).joined(separator: ", "))")
        }
        return (values, lexer.at)
    }
}

extension String {
    var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return String(start[...end])
    }
}
