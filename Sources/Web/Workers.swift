// A few threads for answers that may block, and the bounded queue in front of them. Each thread has a workplace of its
// own: a MongoDB client belongs to one thread.
import Collector
import HTTP
import JSON
import Linux
import Mongo
import OData
import Operator
import Pipeline
import ReportsAPI
import Settings

/// What an answer that blocks finds on its thread.
public final class Workplace {
    public let settings: Settings
    private var client: MongoClient?
    private var openedReports: ReportsAPI?
    private var openedOData: OData?

    init(_ settings: Settings) { self.settings = settings }

    /// This thread's client, connected when first needed.
    public func mongo() throws(MongoError) -> MongoClient {
        if let client { return client }
        let opened = try MongoClient.open(
            uri: settings.mongodb.uri.revealed, applicationName: "clickd-web", serverSelectionTimeout: .seconds(3))
        client = opened
        return opened
    }

    /// This thread's reports.
    public func reports() throws(MongoError) -> ReportsAPI {
        if let openedReports { return openedReports }
        let socket = settings.control.socket
        let opened = try ReportsAPI(
            mongo(),
            .init(
                database: settings.mongodb.database, collection: settings.mongodb.collection,
                retain: settings.mongodb.retain)
        ) { try? ControlClient.status(path: socket) }
        openedReports = opened
        return opened
    }

    /// This thread's OData service.
    public func odata() throws(MongoError) -> OData {
        if let openedOData { return openedOData }
        let opened = try OData(
            mongo(), database: settings.mongodb.database, collection: settings.mongodb.collection)
        openedOData = opened
        return opened
    }

    /// A collection of the configured database.
    public func collection(_ name: String) throws(MongoError) -> MongoCollection {
        try mongo().collection(database: settings.mongodb.database, name)
    }

    /// The collection of events.
    public func events() throws(MongoError) -> MongoCollection { try collection(settings.mongodb.collection) }
}

final class Workers: Sendable {
    typealias Job = @Sendable (Workplace) -> Void

    private struct State {
        var jobs: [Job] = []
        var isStopping = false
    }

    private static let longestQueue = 256

    private let state = Guarded(State())
    private let log: Log

    init(_ count: Int, _ live: LiveSettings, _ log: Log) throws(SystemError) {
        self.log = log
        for number in 0..<count {
            _ = try NamedThread.start("worker-\(number)") {
                var seen = 0
                var place = Workplace(live.now)
                while let job = self.next() {
                    // Its client may be of credentials that are no longer any good.
                    if let new = live.next(&seen) { place = Workplace(new) }
                    job(place)
                }
            }
        }
    }

    /// False when too much waits already, or when the program stops.
    func take(_ job: @escaping Job) -> Bool {
        state.update {
            guard !$0.isStopping, $0.jobs.count < Workers.longestQueue else { return false }
            $0.jobs.append(job)
            return true
        }
    }

    /// No more is taken; what waits is done.
    func stop() { state.update { $0.isStopping = true } }

    private func next() -> Job? {
        let job: Job?? = state.wait { state in
            if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
            return state.isStopping ? .some(nil) : nil
        }
        return job ?? nil
    }

    /// The route's answer, or what its error is to the asker.
    func answer(
        _ request: Request, _ place: Workplace, _ route: @Sendable (Request, Workplace) throws -> Response
    ) -> Response {
        do { return try route(request, place) } catch let mistake as Mistake {
            return .json(400, mistake.json)
        } catch {
            log.warning("\(request.path): \(error)")
            return Plain.failed
        }
    }
}

extension Mistake {
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object {
            $0.member("code", code)
            $0.member("message", message)
        }
        return writer.bytes
    }
}
