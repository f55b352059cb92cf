// $filter's text to its tree, by recursive descent: or, and, not, comparison, in, text tests, parentheses. Bounded in
// length, depth and size, so that no request can hurt; a mistake is 400 and says what, what is OData but not done is 501.

package struct FilterParser {
    package static let maxBytes = 8192
    package static let maxDepth = 32
    package static let maxNodes = 500

    private var lexer: Lexer
    private let set: EntitySet
    private var token = Token.end
    private var depth = 0
    private var nodes = 0

    package static func parse(_ text: String, _ set: EntitySet) throws(Fault) -> Filter {
        guard text.utf8.count <= maxBytes else { throw .bad("$filter has more than \(maxBytes) bytes") }
        var parser = FilterParser(lexer: Lexer(text), set: set)
        try parser.advance()
        let filter = try parser.disjunction()
        guard case .end = parser.token else { throw parser.unexpected("its end") }
        return filter
    }

    private init(lexer: Lexer, set: EntitySet) {
        self.lexer = lexer
        self.set = set
    }

    private mutating func advance() throws(Fault) { token = try lexer.next() }

    private func unexpected(_ wanted: String) -> Fault {
        let found =
            switch token {
            case .name(let name): quoted(name)
            case .literal: "a literal"
            case .open: "("
            case .close: ")"
            case .comma: "a comma"
            case .equals: "="
            case .end: "the end"
            }
        return .bad("$filter: \(found) stands where \(wanted) should, before place \(lexer.at)")
    }

    private mutating func count() throws(Fault) {
        nodes += 1
        guard nodes <= FilterParser.maxNodes else { throw .bad("$filter has more than \(FilterParser.maxNodes) parts") }
    }

    private func isName(_ name: String) -> Bool { if case .name(name) = token { true } else { false } }

    private var isComma: Bool { if case .comma = token { true } else { false } }

    private mutating func disjunction() throws(Fault) -> Filter {
        depth += 1
        defer { depth -= 1 }
        guard depth <= FilterParser.maxDepth else {
            throw .bad("$filter is nested deeper than \(FilterParser.maxDepth)")
        }
        var parts = [try conjunction()]
        while isName("or") {
            try advance()
            parts.append(try conjunction())
        }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(Fault) -> Filter {
        var parts = [try negation()]
        while isName("and") {
            try advance()
            parts.append(try negation())
        }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func negation() throws(Fault) -> Filter {
        try count()
        guard isName("not") else { return try claim() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= FilterParser.maxDepth else {
            throw .bad("$filter is nested deeper than \(FilterParser.maxDepth)")
        }
        try advance()
        return .not(try negation())
    }

    /// Something true or false.
    private mutating func claim() throws(Fault) -> Filter {
        if case .open = token {
            try advance()
            let inner = try disjunction()
            guard case .close = token else { throw unexpected(")") }
            try advance()
            return try comparedWithTruth(inner)
        }
        if case .name(let name) = token, let test = Filter.TextTest(rawValue: name) {
            try advance()
            return try comparedWithTruth(try textTest(test))
        }
        let left = try operand()
        guard case .name(let name) = token else { throw unexpected("a comparison (eq, ne, gt, ge, lt, le, in)") }
        if name == "in" { return try list(left) }
        guard let comparison = Filter.Comparison(rawValue: name) else {
            if ["add", "sub", "mul", "div", "divby", "mod", "has"].contains(name) {
                throw .unsupported("$filter: \(name) is not supported")
            }
            throw unexpected("a comparison (eq, ne, gt, ge, lt, le, in)")
        }
        try advance()
        let right = try operand()
        try check(left, right)
        return .compare(comparison, left, right)
    }

    /// `contains(…) eq true`, as some programs write it.
    private mutating func comparedWithTruth(_ claim: Filter) throws(Fault) -> Filter {
        guard isName("eq") || isName("ne") else { return claim }
        let isEqual = isName("eq")
        try advance()
        guard case .literal(.bool(let truth)) = token else { throw unexpected("true or false") }
        try advance()
        return isEqual == truth ? claim : .not(claim)
    }

    private mutating func textTest(_ test: Filter.TextTest) throws(Fault) -> Filter {
        guard case .open = token else { throw unexpected("(") }
        try advance()
        let whole = try operand()
        guard case .comma = token else { throw unexpected("a comma") }
        try advance()
        let piece = try operand()
        guard case .close = token else { throw unexpected(")") }
        try advance()
        for operand in [whole, piece] {
            guard operand.type == .string || operand.isNullLiteral else {
                throw .bad("$filter: \(test.rawValue) takes two texts")
            }
        }
        return .text(test, whole, piece)
    }

    private mutating func list(_ operand: Filter.Operand) throws(Fault) -> Filter {
        try advance()
        guard case .open = token else { throw unexpected("(") }
        var values: [Value] = []
        repeat {
            try advance()
            try count()
            guard case .literal(let value) = token else { throw unexpected("a literal") }
            try check(operand, .literal(value))
            values.append(value)
            try advance()
        } while isComma
        guard case .close = token else { throw unexpected(")") }
        try advance()
        return .isOneOf(operand, values)
    }

    private mutating func operand() throws(Fault) -> Filter.Operand {
        switch token {
        case .literal(let value):
            try advance()
            return .literal(value)
        case .name(let name):
            try advance()
            guard case .open = token else {
                guard let column = set.column(name) else {
                    throw .bad("$filter: \(set.name) has no column \(quoted(name))")
                }
                return .column(column)
            }
            guard let part = Filter.Part(rawValue: name) else {
                throw .unsupported("$filter: the function \(quoted(name)) is not supported")
            }
            try advance()
            guard case .column(let column) = try operandAgain() else { throw .bad("$filter: \(name) takes a column") }
            let isDay = part == .year || part == .month || part == .day
            guard column.type == .instant || (column.type == .date && isDay) else {
                throw .bad("$filter: \(name) cannot be taken of \(column.name), which is \(column.type.rawValue)")
            }
            guard case .close = token else { throw unexpected(")") }
            try advance()
            return .part(part, column)
        default: throw unexpected("a column, a literal or a function")
        }
    }

    /// A function's argument: a function within it is one level deeper.
    private mutating func operandAgain() throws(Fault) -> Filter.Operand {
        guard case .name(let name) = token, let column = set.column(name) else {
            throw unexpected("a column of \(set.name)")
        }
        try advance()
        return .column(column)
    }

    private func check(_ a: Filter.Operand, _ b: Filter.Operand) throws(Fault) {
        if case .literal = a, case .literal = b { throw .bad("$filter: two literals are compared; name a column") }
        guard let x = a.type, let y = b.type else {
            // null goes with everything; true and false with nothing here.
            for operand in [a, b] {
                if case .literal(.bool) = operand { throw .bad("$filter: no column is true or false") }
            }
            return
        }
        guard x == y || (x.isNumber && y.isNumber) else {
            let (column, other) = if case .literal = a { (b, a) } else { (a, b) }
            throw .bad(
                "$filter: \(column.name) is \(column.type?.rawValue ?? ""), not \(other.type?.rawValue ?? ""); "
                    + "a literal of it looks like \(column.type?.example ?? "")")
        }
    }
}

extension Filter.Operand {
    /// nil for null, and for true and false.
    var type: EdmType? {
        switch self {
        case .column(let column): column.type
        case .part: .int32
        case .literal(.text): .string
        case .literal(.number): .double
        case .literal(.instant): .instant
        case .literal(.date): .date
        case .literal: nil
        }
    }

    var isNullLiteral: Bool { if case .literal(.null) = self { true } else { false } }

    var name: String {
        switch self {
        case .column(let column): column.name
        case .part(let part, let column): "\(part.rawValue)(\(column.name))"
        case .literal: "the literal"
        }
    }
}
