// What intake reads: the stream's lines, whole and cut anywhere, and datagrams with their syslog headers. Of every
// event that it takes, the writer of MongoDB must make a document that says the same.
import Agreement
import Events
import JSON
import Linux
import Mongo
import Pipeline

/// Packs lines, and follows each accepted one to its document.
struct Acceptance: ~Copyable {
    private static let maxEventBytes = 4096
    var limit: Int { Acceptance.maxEventBytes }
    private var packer: EventPacker
    private let parser: JSONParser
    private var writer = BSONWriter(capacity: 1 << 16)

    init() throws {
        let parser = try JSONParser.make(capacity: 4 * Acceptance.maxEventBytes, maxDepth: EventFields.maxDepth)
        self.init(try EventPacker(maxEventBytes: Acceptance.maxEventBytes, host: "h1"), parser)
        packer.setTime(milliseconds: 1_795_424_400_000)
    }

    /// Cannot fail: what cannot be copied is set in one go.
    private init(_ packer: consuming EventPacker, _ parser: consuming JSONParser) {
        self.packer = packer
        self.parser = parser
    }

    /// Whether the line is taken.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        let batch = EventBatch(capacity: packer.roomNeeded(min(line.count, Acceptance.maxEventBytes)))
        do throws(Rejection) { try packer.pack(line, into: batch) } catch {
            holds(batch.byteCount == 0 && batch.eventCount == 0, "what is refused takes no room")
            return false
        }
        guard let (event, next) = PackedEvents.read(batch.bytes, at: 0), next == batch.byteCount else {
            fatalError("what was packed cannot be read")
        }
        do { try check(event) } catch { fatalError("\(error) of \(String(decoding: event.value, as: UTF8.self))") }
        return true
    }

    private mutating func check(_ event: PackedEvent) throws {
        writer.reset()
        try parser.parse(copying: Array(event.value)) { tape in
            let fields = try EventFields.read(tape)
            let record = EventRecord(
                key: event.key, value: event.value, partition: 3, offset: 5, timestampMilliseconds: 7)
            try EventDocument.write(tape, record, to: &writer)
            guard let view = BSONView(writer.document(0)) else { fatalError("no document") }
            let id = tape.string(fields.messageId)
            holds(view["_id"]?.utf8?.elementsEqual(id) == true, "the document's id is the messageId")
            let key = view["visitor"]?.utf8.map { Array($0) } ?? Array(id)
            holds(event.key.elementsEqual(key), "the key is the visitor, else the id")
            holds(view.string("host") == "h1", "the host is clickd's own")
            holds(view.dateMilliseconds("receivedAt") == 1_795_424_400_000, "the time is clickd's own")
            let difference = Agreement.disagreement(tape, tape.top, view)
            holds(difference == nil, difference ?? "")
        }
    }
}

/// The first byte says how the rest is cut into reads.
final class LinesTarget: Target {
    private var acceptance: Acceptance

    init() throws { acceptance = try Acceptance() }

    func read(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let stream = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        let whole = lines(stream, atMost: stream.count)
        let cut = lines(stream, atMost: 1 + Int(first) * (first % 3 == 0 ? 33 : 1))
        holds(whole == cut, "a stream's lines are the same however it is cut")
    }

    /// What the daemon makes of each line: longer ones than it takes are all the same.
    private func lines(_ stream: UnsafeRawBufferPointer, atMost: Int) -> [[UInt8]] {
        var splitter = LineSplitter()
        var found: [[UInt8]] = []
        func see(_ raw: UnsafeRawBufferPointer) -> Bool {
            let line = LineShape.withoutCarriageReturn(raw)
            if LineShape.isBlank(line) { return true }
            let isTaken = acceptance.take(line)
            found.append(line.count > acceptance.limit ? [0] : [isTaken ? 1 : 2] + line)
            return true
        }
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = rest.prefix(atMost)
            withPadding(piece, JSONParser.padding) { splitter.take($0, limit: acceptance.limit, see) }
            rest = rest.dropFirst(piece.count)
        }
        splitter.finish(see)
        return found
    }
}

final class DatagramsTarget: Target {
    private var acceptance: Acceptance

    init() throws { acceptance = try Acceptance() }

    func read(_ input: UnsafeRawBufferPointer) {
        withPadding(input, JSONParser.padding) { datagram in
            var bytes = 0
            LineShape.forEachLine(datagram) { line in
                bytes += line.count + 1
                let text = LineShape.withoutSyslogHeader(LineShape.withoutCarriageReturn(line))
                if !LineShape.isBlank(text) { _ = acceptance.take(text) }
            }
            holds(bytes == datagram.count || bytes == datagram.count + 1, "every byte stands in a line")
        }
    }
}
