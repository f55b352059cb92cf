// What only the running daemon knows: the pragmas of its SQLite connection (nobody else opens the outbox), the libraries
// it has loaded, its limits. Told over the control socket ("facts"), read by the doctor.
import JSON
import Kafka
import Linux
import Mongo
import Pipeline
import SQLite

package struct DaemonFacts: Sendable {
    package var texts: [String: String] = [:]
    package var numbers: [String: Int] = [:]

    package subscript(name: String) -> String { texts[name] ?? "?" }

    /// nil where no daemon answers, or one too old to know the question.
    static func ask(_ path: String) -> DaemonFacts? {
        guard var client = try? ControlClient(path: path) else { return nil }
        client.ask("facts")
        guard let line = client.line(), let parser = try? JSONParser.make(capacity: max(line.count, 64), maxDepth: 4)
        else { return nil }
        var facts = DaemonFacts()
        _ = try? parser.parse(copying: line) { tape in
            guard tape.kind(tape.top) == .object else { return }
            tape.members(of: tape.top) { key, value in
                let name = String(decoding: key, as: UTF8.self)
                switch tape.kind(value) {
                case .string: facts.texts[name] = String(decoding: tape.string(value), as: UTF8.self)
                case .integer: facts.numbers[name] = Int(tape.integer(value))
                default: break
                }
            }
        }
        return facts.texts["error"] == nil ? facts : nil
    }

    /// In the daemon: one flat object.
    static func json(_ pipeline: Pipeline) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            o.member("version", Version.text)
            o.member("pid", Int(getpid()))
            o.member("sqlite", Database.libraryVersion)
            o.member("librdkafka", KafkaLibrary.version)
            o.member("libmongoc", MongoRuntime.version)
            for (name, value) in pipeline.outboxPragmas { o.member("pragma.\(name)", value) }
            o.member("max_files", DaemonFacts.limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue)))
            o.member("dumpable", Int(clickd_is_dumpable()))
        }
        return writer.bytes
    }

    private static func limit(_ which: __rlimit_resource_t) -> Int {
        var limit = rlimit()
        return getrlimit(which, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
    }
}
