// Events out of MongoDB: filter, order and paging run there, within a deadline. Ordered by time (the usual) a page costs
// what it gives: the index on time is walked from where the last page ended, and only events of one and the same
// millisecond are put in order by the rest. Other orders make the server look at all that the filter lets through.
// Belongs to its client's thread.
import Linux
import Mongo

final class EventRows {
    static let timeLimit: Duration = .seconds(20)
    private let events: MongoCollection

    init(_ client: MongoClient, database: String, collection: String) throws(MongoError) {
        events = try client.collection(database: database, collection)
    }

    func one(_ key: [Value], _ columns: [Column]) throws(MongoError) -> Row? {
        guard let id = key.first else { return nil }
        return try rows([["$match": ["_id": id.bson]]], columns, limit: 1).first
    }

    func count(_ filter: Filter?) throws(MongoError) -> Int {
        var stages = EventQuery(filter, order: []).stages()
        stages.append(["$count": "n"])
        let found = try events.aggregate(stages, timeLimit: EventRows.timeLimit).next()
        return Int(clamping: found?.integer("n") ?? 0)
    }

    /// At most `limit` rows behind `after`, in this order; `skip` of them left out first.
    func page(
        _ columns: [Column], _ filter: Filter?, _ order: [Ordering], after: [Value]?, skip: Int, limit: Int
    ) throws(MongoError) -> [Row] {
        let query = EventQuery(filter, order: order)
        if order.first?.column.name == "Time", skip == 0 {
            return try byTime(query, columns, order, after: after, limit: limit)
        }
        var stages = query.stages(after: after.map { ($0, order) })
        stages.append(["$sort": .document(query.sort(order))])
        if skip > 0 { stages.append(["$skip": .int64(Int64(skip))]) }
        return try rows(stages, columns, limit: limit, made: query.made)
    }

    /// Millisecond by millisecond: runs of the index on time, and between them the ties.
    private func byTime(
        _ query: EventQuery, _ columns: [Column], _ order: [Ordering], after: [Value]?, limit: Int
    ) throws(MongoError) -> [Row] {
        let time = order[0]
        let rest = Array(order.dropFirst())
        // The order's columns say where a run ended.
        let fetched = columns + order.map(\.column).filter { !columns.contains($0) }
        var rows: [Row] = []
        var border: Value?
        let beyondTime = time.isFalling ? "$lt" : "$gt"
        if let after, let first = after.first {
            var stages = query.stages(time: ["$eq": first.bson], after: (Array(after.dropFirst()), rest))
            stages.append(["$sort": .document(query.sort(rest))])
            rows = try self.rows(stages, fetched, limit: limit, made: query.made)
            border = first
        }
        while rows.count < limit {
            let wanted = limit - rows.count
            let beyond: BSONDocument? = border.map { [beyondTime: $0.bson] }
            let direction: BSONValue = time.isFalling ? -1 : 1
            var stages = query.stages(time: beyond, sort: ["ts": direction])
            stages.append(["$limit": .int64(Int64(wanted))])
            stages.append(["$sort": .document(query.sort(order))])
            let run = try self.rows(stages, fetched, limit: wanted, made: query.made)
            guard run.count == wanted, let last = run.last?[time.column] else {
                rows += run
                break
            }
            // The last millisecond may have been cut anywhere: it is asked for by itself.
            rows += run.filter { $0[time.column].compared(to: last) != 0 }
            var ties = query.stages(time: ["$eq": last.bson])
            ties.append(["$sort": .document(query.sort(rest))])
            rows += try self.rows(ties, fetched, limit: limit - rows.count, made: query.made)
            border = last
        }
        return rows
    }

    /// `made`: these columns stand in the documents already.
    private func rows(
        _ stages: [BSONDocument], _ columns: [Column], limit: Int, made: [Column] = []
    ) throws(MongoError) -> [Row] {
        guard limit > 0 else { return [] }
        var fields: [(String, BSONValue)] = [("_id", 1)]
        for column in columns where column.name != "Id" {
            let isMade = made.contains(column)
            fields.append(
                (column.name, isMade ? .string("$" + EventQuery.path(column)) : EventColumns.expression(column)))
        }
        let stages = stages + [["$limit": .int64(Int64(limit))], ["$project": .document(BSONDocument(fields))]]
        let cursor = try events.aggregate(
            stages, batchSize: Int32(clamping: limit), timeLimit: EventRows.timeLimit)
        let set = Model.events
        let wanted = Set(columns.map(\.name))
        var rows: [Row] = []
        while let found = try cursor.next() {
            var elements: [String: BSONElement] = [:]
            for element in found { elements[element.name] = element }
            rows.append(
                Row(
                    set: set,
                    values: set.columns.map { column in
                        guard wanted.contains(column.name) else { return .null }
                        return Value(elements[column.name == "Id" ? "_id" : column.name], column.type)
                    }))
        }
        return rows
    }
}

/// The stages that let through what a filter does. What plain fields can settle comes first, where indexes serve it.
struct EventQuery {
    private let plain: [Filter]
    private let rest: [Filter]
    /// Columns to be made before the rest can be asked, or the order made.
    let made: [Column]

    init(_ filter: Filter?, order: [Ordering]) {
        let parts: [Filter] = if case .and(let parts) = filter { parts } else { filter.map { [$0] } ?? [] }
        func isPlain(_ part: Filter) -> Bool { part.columns.allSatisfy { EventColumns.field($0) != nil } }
        plain = parts.filter(isPlain)
        rest = parts.filter { !isPlain($0) }
        var made: [Column] = []
        for column in rest.flatMap(\.columns) + order.map(\.column)
        where EventColumns.field(column) == nil && !made.contains(column) { made.append(column) }
        self.made = made
    }

    /// A column's place in documents within the stages. No field of an event's begins with an underscore but `_id`.
    static func path(_ column: Column) -> String { EventColumns.field(column) ?? "_made." + column.name }

    private var writer: MatchWriter { MatchWriter(path: EventQuery.path) }

    func sort(_ order: [Ordering]) -> BSONDocument {
        BSONDocument(order.map { (EventQuery.path($0.column), $0.isFalling ? -1 : 1) })
    }

    /// `time`: what the time must be besides. `sort`: of plain fields, put where an index serves it. `after`: behind
    /// these values in this order.
    func stages(
        time: BSONDocument? = nil, sort: BSONDocument? = nil, after: ([Value], [Ordering])? = nil
    ) -> [BSONDocument] {
        var conditions: [BSONValue] = []
        if let time { conditions.append(["ts": .document(time)]) }
        conditions += plain.map { .document(writer.match($0)) }
        var late = rest.map { BSONValue.document(writer.match($0)) }
        if let (values, order) = after {
            let beyond = BSONValue.document(writer.after(values, order))
            if order.allSatisfy({ EventColumns.field($0.column) != nil }) {
                conditions.append(beyond)
            } else {
                late.append(beyond)
            }
        }
        var stages: [BSONDocument] = []
        if !conditions.isEmpty { stages.append(["$match": ["$and": .array(conditions)]]) }
        if let sort { stages.append(["$sort": .document(sort)]) }
        if !made.isEmpty {
            stages.append([
                "$set": ["_made": .document(BSONDocument(made.map { ($0.name, EventColumns.expression($0)) }))]
            ])
        }
        if !late.isEmpty { stages.append(["$match": ["$and": .array(late)]]) }
        return stages
    }
}
