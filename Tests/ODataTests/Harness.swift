// A database of one test's own with events in it, the service over it, and its answers read as values.
import Events
import JSON
import Linux
import Mongo
import OData
import Reports
import ReportsAPI
import Rollups
import TestSupport
import Testing

indirect enum JSONValue: Equatable {
    case null, bool(Bool), number(Double), text(String), list([JSONValue]), object([String: JSONValue])

    static func read(_ bytes: [UInt8]) throws -> JSONValue {
        try JSONParser.make(capacity: max(bytes.count, 64), maxDepth: 32).parse(copying: bytes) { read($0, $0.top) }
    }

    private static func read(_ tape: JSONTape, _ place: Int) -> JSONValue {
        switch tape.kind(place) {
        case .object:
            var members: [String: JSONValue] = [:]
            tape.members(of: place) { members[String(decoding: $0, as: UTF8.self)] = read(tape, $1) }
            return .object(members)
        case .array:
            var elements: [JSONValue] = []
            tape.elements(of: place) { elements.append(read(tape, $0)) }
            return .list(elements)
        case .string: return .text(String(decoding: tape.string(place), as: UTF8.self))
        case .integer: return .number(Double(tape.integer(place)))
        case .double: return .number(tape.double(place))
        case .true: return .bool(true)
        case .false: return .bool(false)
        default: return .null
        }
    }

    subscript(name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }
    var list: [JSONValue] { if case .list(let elements) = self { elements } else { [] } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double { if case .number(let number) = self { number } else { .nan } }
}

final class Place {
    static let base = "http://127.0.0.1:8081/odata/"
    let database = "test_\(Files.randomHex(bytes: 5))"
    let client: MongoClient
    let events: MongoCollection
    let service: OData
    let reports: ReportsAPI
    private let uri: String

    init() throws {
        Zone.use("Europe/Berlin")
        uri = try #require(Servers.mongodb)
        client = try MongoClient.open(uri: uri)
        events = try client.collection(database: database, "events")
        try events.createIndexes([MongoIndex(["ts": 1], name: "time")])
        service = try OData(client, database: database, collection: "events")
        reports = try ReportsAPI(client, .init(database: database, collection: "events", retain: nil))
    }

    deinit { try? client.drop(database: database) }

    func insert(_ documents: [BSONDocument]) throws {
        #expect(try events.write(documents.map(MongoWrite.insert)).failures.isEmpty)
    }

    func rollUp() throws {
        let writer = try RollupWriter(
            .init(uri: uri, database: database, collection: "events", retain: nil, host: "test"))
        try writer.prepare()
        var times: [Int64] = []
        let cursor = try events.find([:], projection: ["ts": 1])
        while let found = try cursor.next() { times.append(found.dateMilliseconds("ts") ?? 0) }
        try writer.marks.mark(RollupMarks.places(times))
        while try !writer.marks.all().isEmpty { _ = try writer.turn() }
        try writer.release()
    }

    func ask(
        _ path: String, _ options: [(name: String, value: String)] = [], headers: [String: String] = [:],
        method: ODataRequest.Method = .read
    ) throws -> ODataAnswer {
        try service.answer(
            ODataRequest(method: method, path: "/odata/" + path, options: options, headers: headers, base: Place.base))
    }

    /// Every page, by following @odata.nextLink; `between` is called between two.
    func pages(
        _ set: String, _ options: [(name: String, value: String)] = [], size: Int? = nil,
        between: () throws -> Void = {}
    ) throws -> [[JSONValue]] {
        var pages: [[JSONValue]] = []
        var options = options
        while true {
            let headers = size.map { ["prefer": "odata.maxpagesize=\($0)"] } ?? [:]
            let answer = try ask(set, options, headers: headers)
            try #require(answer.status == 200, "\(options): \(String(decoding: answer.body, as: UTF8.self))")
            let page = try JSONValue.read(answer.body)
            pages.append(page["value"].list)
            guard let next = page["@odata.nextLink"].text else { return pages }
            try #require(pages.count < 5000, "the pages come to an end")
            options = try Place.options(of: next, set)
            try between()
        }
    }

    static func options(of address: String, _ set: String) throws -> [(name: String, value: String)] {
        let front = base + set + "?"
        try #require(address.hasPrefix(front), "\(address)")
        return address.dropFirst(front.count).split(separator: "&").map { part in
            let pair = part.split(separator: "=", maxSplits: 1)
            return (String(pair[0]), unescaped(String(pair[1])))
        }
    }

    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func api(_ path: String, _ arguments: [(name: String, value: String)]) throws -> JSONValue {
        let answer = try reports.answer(path: path, arguments)
        try #require(answer.status == 200)
        return try JSONValue.read(answer.body)
    }
}
