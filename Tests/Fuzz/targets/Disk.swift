// What is read back from a disk that may be damaged: a row's events, the ledger, and a database file page by page.
import Events
import LZ4
import Linux
import Pipeline
import SQLite

/// u8 events | u24 bytes unpacked, 0: as many as are stored | stored bytes.
final class PackedTarget: Target {
    private var lz4 = LZ4Block()

    init() {}

    func read(_ input: UnsafeRawBufferPointer) {
        guard input.count >= 4 else { return }
        let stored = UnsafeRawBufferPointer(rebasing: input[4...])
        let stated = Int(input[1]) | Int(input[2]) << 8 | Int(input[3] & 0x0F) << 16
        let size = stated == 0 ? stored.count : stated
        guard
            let batch = EventBatch(first: 1, eventCount: Int(input[0]), unpacking: stored, byteCount: size)
        else { return }
        holds(batch.byteCount == size && batch.eventCount == Int(input[0]), "a batch is as large as was said")
        let again = EventBatch(capacity: size)
        var events: [(UInt32, [UInt8], [UInt8])] = []
        let isWhole = PackedEvents.forEach(batch.bytes) { events.append(($0.index, Array($0.key), Array($0.value))) }
        holds(isWhole && events.count == batch.eventCount, "a batch holds as many events as was said")
        for (_, key, value) in events { again.append(key: key, value: value) }
        holds(again.byteCount == size, "events take the same room when packed again")
        var index = 0
        _ = PackedEvents.forEach(again.bytes) {
            holds($0.key.elementsEqual(events[index].1) && $0.value.elementsEqual(events[index].2), "an event survives")
            index += 1
        }
        guard let packed = lz4.pack(batch.bytes) else { return }
        let unpacked = EventBatch(first: 1, eventCount: batch.eventCount, unpacking: packed, byteCount: size)
        holds(unpacked?.bytes.elementsEqual(batch.bytes) == true, "a batch survives being packed")
    }
}

final class LedgerTarget: Target {
    init() {}

    func read(_ input: UnsafeRawBufferPointer) {
        guard let state = try? OutboxState(Array(input)) else { return }
        let bytes = state.bytes
        guard let again = try? OutboxState(bytes) else { fatalError("what was written cannot be read") }
        holds(again.bytes == bytes, "a ledger survives")
    }
}

/// The file, and behind the last "WAL!" its write-ahead log.
final class PagesTarget: Target {
    private static let mark = Array("WAL!".utf8)
    private static let pageBytes = 512
    private let path = "/dev/shm/clickd-fuzz-\(getpid())"

    init() {}

    func read(_ input: UnsafeRawBufferPointer) throws {
        let bytes = Array(input)
        let cut = bytes.indices.reversed().first { bytes[$0...].starts(with: PagesTarget.mark) } ?? bytes.count
        try overwrite(path, bytes[..<cut])
        try overwrite(path + "-wal", bytes[cut...].dropFirst(PagesTarget.mark.count))
        defer {
            unlink(path)
            unlink(path + "-wal")
        }
        var rows = 0
        var pages = 0
        let raw = try RawRows.open(path, pageBytes: PagesTarget.pageBytes)
        raw.forEach(onPage: { pages += 1 }) { row in
            rows += 1
            for case .bytes(let value) in row.columns {
                holds(value.count <= bytes.count, "no value is longer than all")
            }
        }
        holds(pages <= bytes.count / 24 + 1, "no more pages are looked at than there are")
    }
}

func overwrite(_ path: String, _ bytes: ArraySlice<UInt8>) throws {
    let file = try FileDescriptor.open(path, O_CREAT | O_WRONLY | O_TRUNC, mode: 0o600)
    guard bytes.isEmpty || Files.writeAll(file.raw, Array(bytes)) else { throw SystemError("write \(path)") }
}
