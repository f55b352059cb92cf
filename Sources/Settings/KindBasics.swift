// How numbers, sizes, times, switches, choices and plain texts are read.

extension Kind where Value == Int {
    static func count(_ range: ClosedRange<Int>) -> Kind {
        let rule = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Kind(rule: rule) { given throws(Refusal) in
            let number = try given.integer()
            guard range.contains(number) else { throw Refusal("out of bounds; write \(rule)") }
            return number
        } show: {
            "\($0)"
        }
    }

    static func size(_ range: ClosedRange<Int>) -> Kind {
        let bounds = "\(Units.show(bytes: range.lowerBound)) to \(Units.show(bytes: range.upperBound))"
        return Kind(rule: "bytes, as a number or e.g. \"64 KiB\" (KB MB GB KiB MiB GiB), \(bounds)") {
            given throws(Refusal) in
            var number = try given.integerOrNil()
            if number == nil { number = Units.size(try given.string()) }
            guard let number else { throw Refusal("not a size; write a number of bytes or e.g. \"4 GiB\"") }
            guard range.contains(number) else { throw Refusal("out of bounds; write \(bounds)") }
            return number
        } show: {
            Units.show(bytes: $0)
        }
    }
}

extension Kind where Value == Duration? {
    /// "" is nil. `bounds` says the range in words.
    static func time(_ range: ClosedRange<Duration>, _ bounds: String) -> Kind {
        Kind(rule: "a time, e.g. \"400 days\" (ms s min h days), \(bounds); \"\": none") { given throws(Refusal) in
            if try given.string().isEmpty { return nil }
            guard let time = Units.duration(try given.string()) else {
                throw Refusal("not a time; write a whole number with its unit, e.g. \"5 min\" or \"400 days\"")
            }
            guard range.contains(time) else { throw Refusal("out of bounds; write \(bounds)") }
            return time
        } show: {
            $0.map { "\"\($0.components.seconds) s\"" } ?? "\"\""
        }
    }
}

extension Kind where Value == Bool {
    static var flag: Kind {
        Kind(rule: "true or false") { given throws(Refusal) in
            try given.bool()
        } show: {
            "\($0)"
        }
    }
}

extension Kind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: Kind {
        let names = Value.allCases.map(\.rawValue)
        let list = names.map(quoted).joined(separator: ", ")
        return Kind(rule: "one of \(list)") { given throws(Refusal) in
            let text = try given.string()
            guard let value = Value(rawValue: text) else {
                throw Refusal("not one of \(list)\(Nearest.question(text, among: names))")
            }
            return value
        } show: {
            quoted($0.rawValue)
        }
    }
}

extension Kind where Value == Set<PipelineSettings.Role> {
    static var roles: Kind {
        let names = PipelineSettings.Role.allCases.map(\.rawValue)
        let list = names.map(quoted).joined(separator: ", ")
        return Kind(rule: "a list of \(list); at least one, intake and forwarder only together") {
            given throws(Refusal) in
            var roles: Value = []
            for name in try given.strings() {
                guard let role = PipelineSettings.Role(rawValue: name) else {
                    throw Refusal(
                        "\(quoted(name)) is no role; the roles are \(list)\(Nearest.question(name, among: names))")
                }
                guard roles.insert(role).inserted else { throw Refusal("\(quoted(name)) is in it twice") }
            }
            return roles
        } show: { roles in
            let given = PipelineSettings.Role.allCases.filter { roles.contains($0) }
            return "[\(given.map { quoted($0.rawValue) }.joined(separator: ", "))]"
        }
    }
}

extension Kind where Value == String {
    /// A text that `isRight`, which `rule` says in words.
    static func text(_ rule: String, _ isRight: @escaping (String) -> Bool) -> Kind {
        Kind(rule: rule) { given throws(Refusal) in
            let text = try given.string()
            guard isRight(text) else { throw Refusal("not right; write \(rule)") }
            return text
        } show: {
            quoted($0)
        }
    }

    /// The name of this host; "" is the kernel's.
    static var hostName: Kind {
        let rule = "1 to 255 bytes without control characters; \"\": the host's own name"
        return Kind(rule: rule) { given throws(Refusal) in
            let name = try given.string()
            if name.isEmpty { return HostSettings.ownName }
            guard isPlain(name, bytes: 1...255) else { throw Refusal("not a name; write \(rule)") }
            return name
        } show: {
            $0 == HostSettings.ownName ? "\"\"" : quoted($0)
        }
    }
}

/// Whether `text` has so many bytes and no control characters.
func isPlain(_ text: String, bytes: ClosedRange<Int>) -> Bool {
    bytes.contains(text.utf8.count)
        && text.unicodeScalars.allSatisfy { $0.value >= 32 && !(127...159).contains($0.value) }
}

/// Whether `text` is made of ASCII letters, digits, `.`, `_` and `-` alone.
func isToken(_ text: String, bytes: ClosedRange<Int>) -> Bool {
    bytes.contains(text.utf8.count)
        && text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0)
        }
}
