// Dead letters as people and programs read them. What came from outside is shown with its control characters escaped.
import Events
import JSON
import Linux
import Pipeline

struct DeadListing {
    let isJSON: Bool

    /// One line a letter, and at the end how many there are.
    func list(_ side: any DeadSide, _ filter: DeadFilter, limit: Int) throws {
        var shown = 0
        try side.forEach(filter, withValues: false) { letter in
            guard shown < limit else { return false }
            if shown == 0, !isJSON {
                let head = "\(side.name): id, last refused, code, bytes, visitor, reason"
                Terminal.print(Look.current.toned(head, .strong))
            }
            shown += 1
            Terminal.print(isJSON ? json(letter, of: side.name) : row(letter))
            return true
        }
        guard !isJSON else { return }
        let all = shown < limit ? shown : try side.count(filter)
        if all == 0 {
            Terminal.print("\(side.name): no dead letters" + (filter.isEmpty ? "" : " like these"))
        } else if all > shown {
            Terminal.print("\(Format.count(shown)) of \(Format.count(all)); --limit N shows more")
        }
    }

    private func row(_ letter: DeadLetter) -> String {
        let time = text(letter.last)
        let visitor = Log.escaped(String(decoding: letter.key.prefix(60), as: UTF8.self))
        return "\(letter.id)  \(time)  \(letter.code)  \(Format.bytes(letter.valueBytes))  \(visitor)  "
            + Log.escaped(letter.reason)
    }

    /// All of one letter.
    func show(_ letter: DeadLetter, of side: String) {
        guard !isJSON else { return Terminal.print(json(letter, of: side)) }
        for (name, value) in [
            ("id", letter.id), ("side", side), ("code", letter.code), ("reason", Log.escaped(letter.reason)),
            ("first", text(letter.first)), ("last", text(letter.last)), ("seen", Format.count(letter.count)),
            ("key", Log.escaped(String(decoding: letter.key, as: UTF8.self))),
            ("event", Log.escaped(String(decoding: letter.value, as: UTF8.self))),
        ] { Terminal.print(Format.padded(name, 8) + value) }
    }

    /// What became of letters, in one line.
    func say(_ progress: DeadProgress, of side: String) {
        let tally = progress.tally
        let counts = [
            ("requeued", progress.requeued, "back in the outbox, to be sent again"),
            ("inserted", tally.inserted, "written"), ("duplicates", tally.duplicates, "there already"),
            ("refused", tally.refused, "refused again"), ("dropped", tally.dropped, "given up"),
            ("gone", tally.gone, "gone meanwhile"),
        ]
        guard isJSON else {
            let said = counts.filter { $0.1 > 0 }.map { "\(Format.count($0.1)) \($0.2)" }
            return Terminal.print("\(side): " + (said.isEmpty ? "nothing to do" : said.joined(separator: ", ")))
        }
        var writer = JSONWriter()
        writer.object { o in
            o.member("side", side)
            for (name, count, _) in counts { o.member(name, count) }
        }
        Terminal.print(writer.text)
    }

    private func json(_ letter: DeadLetter, of side: String) -> String {
        var writer = JSONWriter()
        writer.object { o in
            o.member("side", side)
            o.member("id", letter.id)
            o.member("code", letter.code)
            o.member("reason", letter.reason)
            o.member("first", text(letter.first))
            o.member("last", text(letter.last))
            o.member("count", letter.count)
            o.member("bytes", letter.valueBytes)
            bytes(&o, "key", letter.key)
            if !letter.value.isEmpty { bytes(&o, "value", letter.value) }
        }
        return writer.text
    }

    /// A string where the bytes are one; else as hexadecimal digits under another name.
    private func bytes(_ o: inout JSONWriter, _ name: String, _ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if Array(text.utf8) == bytes { return o.member(name, text) }
        let digits = Array("0123456789abcdef".utf8)
        let hex = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        o.member(name + "_hex", String(decoding: hex, as: UTF8.self))
    }

    private func text(_ milliseconds: Int64) -> String { String(decoding: EventTime.text(milliseconds), as: UTF8.self) }
}
