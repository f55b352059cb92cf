// A request about the outbox's dead letters and its answer as they go over the control socket: JSON, both directions in
// one place.
import JSON
import Pipeline

extension DeadRequest {
    /// Read from a request line's object; what is missing is as in `DeadRequest()`.
    package init?(_ tape: JSONTape) {
        self.init()
        func text(_ name: StaticString) -> String? {
            tape.member(name, of: tape.top).flatMap { place in
                tape.kind(place) == .string ? String(decoding: tape.string(place), as: UTF8.self) : nil
            }
        }
        func number(_ name: StaticString) -> Int64? {
            tape.member(name, of: tape.top).flatMap { tape.kind($0) == .integer ? tape.integer($0) : nil }
        }
        func texts(_ name: StaticString) -> [String] {
            var found: [String] = []
            guard let place = tape.member(name, of: tape.top), tape.kind(place) == .array else { return [] }
            tape.elements(of: place) {
                if tape.kind($0) == .string { found.append(String(decoding: tape.string($0), as: UTF8.self)) }
            }
            return found
        }
        func isTrue(_ name: StaticString) -> Bool {
            tape.member(name, of: tape.top).map { tape.kind($0) == .true } ?? false
        }
        guard let action = text("action").flatMap(Action.init) else { return nil }
        self.action = action
        filter.ids = texts("ids")
        filter.codes = texts("codes")
        filter.since = number("since")
        filter.until = number("until")
        // A name that is no number names no letter, and must not mean every letter.
        guard filter.ids.allSatisfy({ Int64($0) != nil }) else { return nil }
        after = number("after") ?? after
        below = number("below") ?? below
        limit = number("limit").map { Int(clamping: $0) } ?? limit
        withValues = isTrue("values")
        newIDs = isTrue("new_ids")
    }

    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            o.member("command", "dead")
            o.member("action", action.rawValue)
            for (name, texts) in [("ids", filter.ids), ("codes", filter.codes)] where !texts.isEmpty {
                o.key(name)
                o.array { list in for text in texts { list.string(text) } }
            }
            for (name, time) in [("since", filter.since), ("until", filter.until)] {
                if let time { o.member(name, Int(time)) }
            }
            o.member("after", Int(after))
            o.member("below", Int(below))
            o.member("limit", limit)
            o.member("values", withValues)
            o.member("new_ids", newIDs)
        }
        return writer.bytes + [0x0A]
    }
}

extension DeadAnswer {
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            if let problem { o.member("error", problem) }
            o.member("matching", matching)
            if let next { o.member("next", Int(next)) }
            o.member("below", Int(below))
            o.key("letters")
            o.array { list in for letter in letters { letter.write(to: &list) } }
        }
        return writer.bytes
    }

    /// nil where the line is none of the daemon's.
    package init?(line: [UInt8]) {
        guard let parser = try? JSONParser.make(capacity: line.count, maxDepth: 8) else { return nil }
        let read: DeadAnswer? = try? parser.parse(copying: line) { tape in
            func number(_ name: StaticString, _ place: Int) -> Int64? {
                tape.member(name, of: place).flatMap { tape.kind($0) == .integer ? tape.integer($0) : nil }
            }
            func bytes(_ name: StaticString, _ place: Int) -> [UInt8] {
                tape.member(name, of: place).map { tape.kind($0) == .string ? Array(tape.string($0)) : [] } ?? []
            }
            func text(_ name: StaticString, _ place: Int) -> String {
                String(decoding: bytes(name, place), as: UTF8.self)
            }
            var answer = DeadAnswer()
            let problem = text("error", tape.top)
            answer.problem = problem.isEmpty ? nil : problem
            answer.matching = number("matching", tape.top).map { Int($0) } ?? 0
            answer.next = number("next", tape.top)
            answer.below = number("below", tape.top) ?? 0
            if let letters = tape.member("letters", of: tape.top), tape.kind(letters) == .array {
                tape.elements(of: letters) { place in
                    let at = number("at", place) ?? 0
                    answer.letters.append(
                        DeadLetter(
                            id: text("id", place), code: text("code", place), reason: text("reason", place), first: at,
                            last: at, count: 1, key: bytes("key", place), value: bytes("value", place),
                            valueBytes: number("bytes", place).map { Int($0) } ?? 0))
                }
            }
            return answer
        }
        guard let read else { return nil }
        self = read
    }
}

extension DeadLetter {
    /// What intake took is UTF-8: key and value go as strings.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { o in
            o.member("id", id)
            o.member("at", Int(last))
            o.member("code", code)
            o.member("reason", reason)
            o.member("bytes", valueBytes)
            o.key("key")
            o.string(utf8: key)
            if !value.isEmpty {
                o.key("value")
                o.string(utf8: value)
            }
        }
    }
}
