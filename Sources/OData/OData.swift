// The OData 4.0 service: a request to its answer. Read-only; what it does not support it refuses, and never leaves out.
// Belongs to the thread of its client.
import JSON
import Linux
import Mongo
import Reports
import Rollups

public struct ODataAnswer: Sendable {
    public var status: Int
    public var type: String
    public var body: [UInt8]
    /// Without Content-Type; OData-Version is among them, once.
    public var headers: [(name: String, value: String)] = []
}

public final class OData {
    /// Rows a page, unless the client asks for others, and the most it gets.
    public static let pageSize = 5000
    public static let maxPageSize = 20_000

    private let events: EventRows
    private let segments: MongoSegments

    /// `collection`: of events.
    public init(_ client: MongoClient, database: String, collection: String) throws(MongoError) {
        events = try EventRows(client, database: database, collection: collection)
        segments = try MongoSegments(client, database: database)
    }

    /// Throws where MongoDB failed.
    public func answer(
        _ request: ODataRequest, now: Int64 = WallClock.nowMilliseconds
    ) throws(MongoError) -> ODataAnswer {
        do {
            return OData.dressed(try respond(request, now))
        } catch let fault as Fault {
            return OData.refusal(fault)
        } catch let error as MongoError {
            // MaxTimeMSExpired: the server ended the query as told.
            guard error.domain == .server || error.domain == .query, error.code == 50 else { throw error }
            return OData.refusal(.tooMuch("this takes too long"))
        } catch {
            return OData.refusal(Fault(status: 500, code: "failed", message: "this cannot be answered"))
        }
    }

    /// A fault as an answer, also for whoever refuses before there is a service.
    public static func refusal(_ fault: Fault) -> ODataAnswer {
        var writer = JSONWriter()
        writer.object {
            $0.key("error")
            $0.object {
                $0.member("code", fault.code)
                $0.member("message", fault.message)
            }
        }
        var answer = ODataAnswer(status: fault.status, type: "application/json", body: writer.bytes)
        if fault.status == 405 { answer.headers.append(("Allow", "GET, HEAD")) }
        if fault.status == 503 { answer.headers.append(("Retry-After", "60")) }
        return dressed(answer)
    }

    private static func dressed(_ answer: ODataAnswer) -> ODataAnswer {
        var answer = answer
        answer.headers += [("OData-Version", "4.0"), ("Cache-Control", "no-store"), ("Vary", "Accept, Prefer")]
        return answer
    }

    private func respond(_ request: ODataRequest, _ now: Int64) throws -> ODataAnswer {
        try request.checkVersions()
        let resource = try Resource.parse(request.path)
        guard request.method == .read else { throw Fault.readOnly }
        func form(_ offered: [Form], _ options: QueryOptions) throws(Fault) -> Form {
            try Form.chosen(offered, format: options.format, accept: request.headers["accept"])
        }
        switch resource {
        case .service:
            let options = try QueryOptions(request.options, nil, .document)
            let form = try form(Form.data, options)
            return ODataAnswer(status: 200, type: form.type, body: Metadata.service(request.base, form.level))
        case .metadata:
            let form = try form([.xml], try QueryOptions(request.options, nil, .document))
            return ODataAnswer(status: 200, type: form.type, body: Metadata.csdl)
        case .count(let set):
            let options = try QueryOptions(request.options, set, .count)
            let count = try count(set, options.filter, now)
            return ODataAnswer(status: 200, type: Form.text.type, body: Array(String(count).utf8))
        case .one(let set, let key):
            let options = try QueryOptions(request.options, set, .one)
            let form = try form(Form.data, options)
            guard let row = try one(set, key, options.columns, now) else {
                throw Fault.notFound("\(set.name) has no row with this key")
            }
            let preferences = Preferences(request.headers["prefer"])
            let writer = EntityWriter(
                set, options, form.level, omitsNulls: preferences.omitsNulls, base: request.base)
            return answer(form, writer.one(row), preferences.applied(pageSize: nil))
        case .all(let set):
            return try page(set, request, try QueryOptions(request.options, set, .rows), now, form)
        }
    }

    private func answer(_ form: Form, _ body: [UInt8], _ applied: String?) -> ODataAnswer {
        var answer = ODataAnswer(status: 200, type: form.type, body: body)
        if let applied { answer.headers.append(("Preference-Applied", applied)) }
        return answer
    }

    private func page(
        _ set: EntitySet, _ request: ODataRequest, _ options: QueryOptions, _ now: Int64,
        _ form: ([Form], QueryOptions) throws(Fault) -> Form
    ) throws -> ODataAnswer {
        let form = try form(Form.data, options)
        let preferences = Preferences(request.headers["prefer"])
        let wished = preferences.maxPageSize ?? options.after?.pageSize
        let size = min(wished ?? OData.pageSize, OData.maxPageSize)
        let limit = min(options.top ?? .max, size)
        let mayGoOn = options.top.map { $0 > limit } ?? true
        let columns = options.columns + options.order.map(\.column).filter { !options.columns.contains($0) }
        let after = options.after?.values
        var rows =
            set == Model.events
            ? try events.page(
                columns, options.filter, options.order, after: after, skip: options.skip,
                limit: limit + (mayGoOn ? 1 : 0))
            : try days(now).page(
                set, try days(of: options.filter), options.filter, options.order, after: after, skip: options.skip,
                limit: limit + (mayGoOn ? 1 : 0))
        var count = options.after?.count
        if options.isCounted { count = try self.count(set, options.filter, now) }
        var next: String?
        if rows.count > limit {
            rows.removeLast(rows.count - limit)
            if let last = rows.last {
                let token = SkipToken(
                    values: last.values(options.order), top: options.top.map { $0 - limit }, pageSize: size,
                    count: count)
                let parts = options.repeated + [("$skiptoken", token.text(set, options.order))]
                next =
                    request.base + set.name + "?"
                    + parts.map { $0.name + "=" + Address.escaped($0.value) }.joined(separator: "&")
            }
        }
        let writer = EntityWriter(set, options, form.level, omitsNulls: preferences.omitsNulls, base: request.base)
        let applied = preferences.applied(pageSize: preferences.maxPageSize == nil ? nil : size)
        return answer(form, writer.page(rows, count: count, next: next), applied)
    }

    // MARK: Rows

    private func days(_ now: Int64) -> DayRows<MongoSegments> {
        DayRows(source: segments, now: now, deadline: Monotonic.now.adding(milliseconds: 20_000))
    }

    /// Days that have roll-ups and that the filter may let through, rising.
    private func days(of filter: Filter?) throws(MongoError) -> [Day] {
        let span = filter?.days ?? .all
        guard !span.isEmpty else { return [] }
        var days = Set<Day>()
        for head in try segments.store.heads() where head.rows > 0 {
            let first = max(span.first, Zone.day(of: head.place.start))
            let last = min(span.last, Zone.day(of: head.place.end - 1))
            guard first <= last else { continue }
            for number in first.number...last.number { days.insert(Day(number: number)) }
        }
        return days.sorted()
    }

    private func count(_ set: EntitySet, _ filter: Filter?, _ now: Int64) throws -> Int {
        guard set != Model.events else { return try events.count(filter) }
        return try days(now).count(set, try days(of: filter), filter)
    }

    private func one(_ set: EntitySet, _ key: [Value], _ columns: [Column], _ now: Int64) throws -> Row? {
        let wanted = columns + set.keys.filter { !columns.contains($0) }
        guard set != Model.events else { return try events.one(key, wanted) }
        guard case .date(let day)? = key.first else { return nil }
        return try days(now).rows(set, from: day, to: day).first { row in
            zip(row.values, key).allSatisfy { $0.compared(to: $1) == 0 }
        }
    }
}

extension Form {
    fileprivate var level: MetadataLevel { if case .json(let level) = self { level } else { .minimal } }
}
