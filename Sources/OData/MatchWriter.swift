// A filter in MongoDB's terms. Every literal stays a BSON value, never text of a query: nothing that a client writes can
// become an operator. `not` is pushed down to comparisons, where OData's null is settled.
import Mongo

struct MatchWriter {
    /// Where a column lies in the documents asked.
    let path: (Column) -> String

    private static let nothing: BSONDocument = ["_id": ["$in": []]]

    func match(_ filter: Filter, negated: Bool = false) -> BSONDocument {
        switch filter {
        case .and(let parts): return join(negated ? "$or" : "$and", parts, negated)
        case .or(let parts): return join(negated ? "$and" : "$or", parts, negated)
        case .not(let part): return match(part, negated: !negated)
        case .compare(let comparison, let a, let b): return turned(compare(comparison, a, b), negated)
        case .isOneOf(let operand, let values):
            let list = BSONValue.array(values.map(\.bson))
            if case .column(let column) = operand {
                return turned([path(column): ["$in": list]], negated)
            }
            return turned(["$expr": ["$in": [expression(operand), ["$literal": list]]]], negated)
        case .text(let test, let whole, let piece): return text(test, whole, piece, negated)
        }
    }

    private func join(_ operation: String, _ parts: [Filter], _ negated: Bool) -> BSONDocument {
        BSONDocument([(operation, .array(parts.map { .document(match($0, negated: negated)) }))])
    }

    /// A comparison is true or false, also of null: the other of the two is all that remains.
    private func turned(_ claim: BSONDocument, _ negated: Bool) -> BSONDocument {
        negated ? ["$nor": [.document(claim)]] : claim
    }

    private func compare(_ comparison: Filter.Comparison, _ a: Filter.Operand, _ b: Filter.Operand) -> BSONDocument {
        let isOrder = comparison != .eq && comparison != .ne
        switch (a, b) {
        case (.column(let column), .literal(let value)):
            if value.isNull, isOrder { return MatchWriter.nothing }
            return [path(column): .document([comparison.operation: value.bson])]
        case (.literal, .column): return compare(comparison.mirrored, b, a)
        default:
            let claim: BSONValue = .document([comparison.operation: [expression(a), expression(b)]])
            guard isOrder else { return ["$expr": claim] }
            return ["$expr": ["$and": [isThere(a), isThere(b), claim]]]
        }
    }

    private func text(
        _ test: Filter.TextTest, _ whole: Filter.Operand, _ piece: Filter.Operand, _ negated: Bool
    ) -> BSONDocument {
        // Null of null: neither true nor, turned round, true.
        if whole.isNullLiteral || piece.isNullLiteral { return MatchWriter.nothing }
        let (a, b) = (expression(whole), expression(piece))
        let place: BSONValue = ["$indexOfBytes": [a, b]]
        let claim: BSONValue =
            switch test {
            case .contains: ["$gte": [place, 0]]
            case .startswith: ["$eq": [place, 0]]
            case .endswith:
                [
                    "$let": [
                        "vars": ["rest": ["$subtract": [["$strLenCP": a], ["$strLenCP": b]]]],
                        "in": [
                            "$and": [
                                ["$gte": ["$$rest", 0]],
                                ["$eq": [["$substrCP": [a, ["$max": [0, "$$rest"]], ["$strLenCP": b]]], b]],
                            ]
                        ],
                    ]
                ]
            }
        // $cond, since the server may look at every part of $and, and a text's functions fail on null.
        return [
            "$expr": [
                "$cond": [["$and": [isThere(whole), isThere(piece)]], negated ? ["$not": [claim]] : claim, false]
            ]
        ]
    }

    private func isThere(_ operand: Filter.Operand) -> BSONValue { ["$ne": [expression(operand), .null]] }

    private func expression(_ operand: Filter.Operand) -> BSONValue {
        switch operand {
        case .literal(let value): return .document(["$literal": value.bson])
        case .column(let column): return ["$ifNull": [.string("$" + path(column)), .null]]
        case .part(let part, let column): return .document([part.operation: .string("$" + path(column))])
        }
    }
}

extension Filter.Comparison {
    var operation: String {
        switch self {
        case .eq: "$eq"
        case .ne: "$ne"
        case .gt: "$gt"
        case .ge: "$gte"
        case .lt: "$lt"
        case .le: "$lte"
        }
    }
}

extension Filter.Part {
    var operation: String {
        switch self {
        case .year: "$year"
        case .month: "$month"
        case .day: "$dayOfMonth"
        case .hour: "$hour"
        case .minute: "$minute"
        case .second: "$second"
        }
    }
}

extension MatchWriter {
    /// Rows that come after `values` in this order; null comes first where it rises.
    func after(_ values: [Value], _ order: [Ordering]) -> BSONDocument {
        var choices: [BSONValue] = []
        var equal: [BSONValue] = []
        for (value, ordering) in zip(values, order) {
            let path = path(ordering.column)
            let beyond: BSONDocument? =
                switch (value.isNull, ordering.isFalling) {
                case (true, true): nil
                case (true, false): [path: ["$ne": .null]]
                case (false, false): [path: ["$gt": value.bson]]
                case (false, true):
                    // A key is never null, and an index serves the plain form.
                    ordering.column.isNullable
                        ? ["$or": [[path: ["$lt": value.bson]], [path: .null]]] : [path: ["$lt": value.bson]]
                }
            if let beyond {
                choices.append(equal.isEmpty ? .document(beyond) : ["$and": .array(equal + [.document(beyond)])])
            }
            equal.append([path: value.bson])
        }
        return choices.isEmpty ? MatchWriter.nothing : ["$or": .array(choices)]
    }
}

extension Filter {
    var columns: [Column] {
        switch self {
        case .and(let parts), .or(let parts): parts.flatMap(\.columns)
        case .not(let part): part.columns
        case .compare(_, let a, let b), .text(_, let a, let b): [a.column, b.column].compactMap { $0 }
        case .isOneOf(let operand, _): [operand.column].compactMap { $0 }
        }
    }
}

extension Filter.Operand {
    var column: Column? {
        switch self {
        case .column(let column), .part(_, let column): column
        case .literal: nil
        }
    }
}
