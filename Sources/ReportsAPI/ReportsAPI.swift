// Requests for numbers, answered from MongoDB: /api/…, /export/….csv, /api/live. Belongs to the thread of its client.
import JSON
import Linux
import Mongo
import Reports
import Rollups

public final class ReportsAPI {
    public struct Place: Sendable {
        public var database: String
        /// Of events.
        public var collection: String
        public var retain: Duration?

        public init(database: String, collection: String, retain: Duration?) {
            self.database = database
            self.collection = collection
            self.retain = retain
        }
    }

    let client: MongoClient
    let place: Place
    let segments: MongoSegments
    let people: People
    let events: EventReader
    let marks: RollupMarks
    /// `clickd status --json` of the daemon beside; nil where none answers.
    let daemonStatus: () -> [UInt8]?

    public init(
        _ client: MongoClient, _ place: Place, daemonStatus: @escaping () -> [UInt8]? = { nil }
    ) throws(MongoError) {
        self.client = client
        self.place = place
        self.daemonStatus = daemonStatus
        segments = try MongoSegments(client, database: place.database)
        people = try People(client, database: place.database)
        events = try EventReader(client, database: place.database, place.collection)
        marks = try RollupMarks(client, database: place.database)
    }

    /// Answers `/api/NAME` and `/export/NAME.csv`; `arguments` decoded, in their order. Throws where MongoDB failed.
    public func answer(
        path: String, _ arguments: [(name: String, value: String)], now: Int64 = WallClock.nowMilliseconds
    ) throws(MongoError) -> Answer {
        do {
            let parameters = Parameters(arguments)
            if let name = ReportsAPI.name(path, front: "/api/", end: "") {
                if name == "live" { return try live(parameters, now) }
                if let kind = ReportRequest.Kind(rawValue: name) { return try json(kind, parameters, now) }
            }
            if let name = ReportsAPI.name(path, front: "/export/", end: ".csv") {
                let kind = name == "segments" ? .funnel : ReportRequest.Kind(rawValue: name)
                if let kind, kind != .health, kind != .values { return try csv(name, kind, parameters, now) }
            }
            return .mistake(404, "not_found", "there is no report at \(path)")
        } catch let mistake as QueryMistake {
            return .mistake(400, mistake.code, mistake.message)
        } catch let error as MongoError {
            throw error
        } catch {
            return .mistake(500, "failed", "this report cannot be made")
        }
    }

    private static func name(_ path: String, front: String, end: String) -> String? {
        guard path.hasPrefix(front), path.hasSuffix(end), path.utf8.count > front.utf8.count + end.utf8.count else {
            return nil
        }
        return String(path.dropFirst(front.count).dropLast(end.count))
    }

    /// Every event that MongoDB held before this instant is counted in [from, to).
    func updated(_ period: Period, _ now: Int64) throws(MongoError) -> Int64 {
        min(now, try marks.oldest(from: period.start, to: period.end) ?? now)
    }

    // MARK: JSON

    private func json(_ kind: ReportRequest.Kind, _ parameters: Parameters, _ now: Int64) throws -> Answer {
        let request = try ReportRequest(kind, parameters, now: now)
        let updated = try updated(request.period, now)
        func wrap(_ body: (inout JSONWriter) -> Void) -> Answer {
            .json {
                $0.member("period", request.period, updated: updated)
                $0.member("updated", time: updated)
                $0.member("filters", request.filters)
                body(&$0)
            }
        }
        /// `before` with its period, or null.
        func before<Report>(_ o: inout JSONWriter, _ report: Report?, _ body: (Report, inout JSONWriter) -> Void) {
            o.key("before")
            guard let report, let period = request.before else { return o.null() }
            o.object {
                $0.member("period", period, updated: updated)
                body(report, &$0)
            }
        }
        switch kind {
        case .overview:
            let answer = try overview(request, updated)
            return wrap { answer.write(&$0) }
        case .funnel:
            let report = try funnel(request, request.period, updated)
            let earlier = try request.before.map { try funnel(request, $0, updated) }
            return wrap {
                report.write(&$0)
                before(&$0, earlier) { $0.writeNumbers(&$1) }
            }
        case .products:
            let report = try products(request)
            let earlier = try request.before.map {
                try ProductsReport.make(segments, $0, request.filters, of: report.products)
            }
            return wrap {
                report.write(&$0)
                before(&$0, earlier) { $0.write(&$1) }
            }
        case .searches:
            let report = try searches(request, request.period)
            let earlier = try request.before.map { try searches(request, $0) }
            return wrap {
                report.write(&$0)
                before(&$0, earlier) { $0.writeSums(&$1) }
            }
        case .wishlist:
            let report = try wishlist(request, request.period, updated)
            let earlier = try request.before.map { try wishlist(request, $0, updated) }
            return wrap {
                report.write(&$0)
                before(&$0, earlier) { $0.writeSums(&$1) }
            }
        case .realtime:
            let report = try RealtimeReport.make(segments, request.filters, now: now)
            let newest = try events.newest(50, now: now, request.filters)
            return wrap {
                report.write(&$0)
                $0.members("events", newest) { $0.write($1) }
            }
        case .journey:
            let report = try journey(request)
            return wrap { report.write(&$0) }
        case .retention:
            let report = try RetentionReport.make(segments, request.period, request.filters, updated: updated)
            return wrap { report.write(&$0) }
        case .values:
            let of = try parameters.choice("of", ValuesReport.Kind.device)
            let report = try ValuesReport.make(
                segments, request.period, request.filters, of, limit: request.limit)
            return wrap { report.write(&$0) }
        case .visitors:
            let report = try visitors(request, updated)
            return wrap { report.write(&$0) }
        case .health:
            return try health(now)
        }
    }

    // MARK: CSV, of the same reports

    private func csv(
        _ name: String, _ kind: ReportRequest.Kind, _ parameters: Parameters, _ now: Int64
    ) throws -> Answer {
        let request = try ReportRequest(kind, parameters, now: now)
        let updated = try updated(request.period, now)
        let table =
            switch kind {
            case .overview:
                OverviewAnswer(
                    try OverviewReport.make(segments, request.period, request.filters), updated: updated
                ).table
            case .funnel:
                name == "segments"
                    ? try funnel(request, request.period, updated).segmentTable
                    : try funnel(request, request.period, updated).table
            case .products: try products(request).table
            case .searches: try searches(request, request.period).table
            case .wishlist: try wishlist(request, request.period, updated).table
            case .realtime: try RealtimeReport.make(segments, request.filters, now: now).table
            case .journey: try journey(request).table
            case .retention:
                try RetentionReport.make(segments, request.period, request.filters, updated: updated).table
            case .visitors: try visitors(request, updated).table
            case .health, .values: Table(columns: [])
            }
        return .csv(table, name: "\(name)-\(request.period.from.text)-\(request.period.to.text)")
    }

    // MARK: The reports

    private func overview(_ request: ReportRequest, _ updated: Int64) throws -> OverviewAnswer {
        func bundle(_ period: Period) throws -> OverviewBundle {
            try OverviewBundle.make(
                segments, period, request.filters, isCompared: request.before != nil, terms: 5, now: updated)
        }
        let own = try bundle(request.period)
        return OverviewAnswer(own, before: try request.before.map(bundle), updated: updated)
    }

    private func funnel(_ request: ReportRequest, _ period: Period, _ updated: Int64) throws -> FunnelReport {
        let query = try FunnelQuery.parse(request.parameters)
        var report = try FunnelReport.make(segments, period, request.filters, query, now: updated)
        report.segments = Array(report.segments.prefix(request.limit))
        return report
    }

    private func products(_ request: ReportRequest) throws -> ProductsReport {
        let sort = try Sort.parse(request.parameters, columns: ProductsReport.columns, usual: "-views")
        return try ProductsReport.make(segments, request.period, request.filters, sort, limit: request.limit)
    }

    private func searches(_ request: ReportRequest, _ period: Period) throws -> SearchesReport {
        let sort = try Sort.parse(request.parameters, columns: SearchesReport.columns, usual: "-searches")
        return try SearchesReport.make(segments, period, request.filters, sort, limit: request.limit)
    }

    private func wishlist(_ request: ReportRequest, _ period: Period, _ updated: Int64) throws -> WishlistReport {
        let sort = try Sort.parse(request.parameters, columns: WishlistReport.columns, usual: "-added")
        return try WishlistReport.make(
            segments, period, request.filters, sort, limit: request.limit, now: updated)
    }

    private func journey(_ request: ReportRequest) throws -> JourneyReport {
        guard let visitor = try request.parameters.one("visitor") else {
            throw QueryMistake("visitor: is required, a: or u: and an id")
        }
        guard visitor.hasPrefix("a:") || visitor.hasPrefix("u:"), visitor.utf8.count > 2 else {
            throw QueryMistake("visitor: begins with a: (anonymous id) or u: (user id)")
        }
        return try JourneyReport.make(
            segments, people, events, request.period, visitor: visitor, limit: request.limit)
    }

    private func visitors(_ request: ReportRequest, _ updated: Int64) throws -> FunnelPeople {
        let query = try FunnelQuery.parse(request.parameters)
        let step = try request.parameters.number("step", 1...query.steps.count, usual: 1)
        let state = try request.parameters.choice("state", FunnelPeople.State.reached)
        return try FunnelPeople.make(
            segments, request.period, request.filters, query, step: step, state: state, limit: request.limit,
            now: updated)
    }
}
