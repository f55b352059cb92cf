// A row of the outbox's table as it lies on the disk: what checking, copying and saving rows needs, packed as it is.
import Events
import LZ4
import Linux
import SQLite

package struct BatchRow: Sendable {
    package let first: Int64
    /// When it was committed, ms since 1970.
    package let at: Int64
    package let eventCount: Int
    /// Of the events unpacked.
    package let byteCount: Int
    package let checksum: UInt32
    package let stored: [UInt8]

    /// Reads the columns first, at, count, bytes, crc, events.
    init(_ statement: Statement) {
        first = statement.integer(0)
        at = statement.integer(1)
        eventCount = Int(clamping: statement.integer(2))
        byteCount = Int(clamping: statement.integer(3))
        checksum = UInt32(truncatingIfNeeded: statement.integer(4))
        stored = Array(statement.bytes(5))
    }

    /// nil where the row is of another table.
    init?(_ row: RawRow) {
        guard row.columns.count == 6, row.columns[0] == .null, case .integer(let at) = row.columns[1],
            case .integer(let count) = row.columns[2], case .integer(let bytes) = row.columns[3],
            case .integer(let crc) = row.columns[4], case .bytes(let stored) = row.columns[5]
        else { return nil }
        first = row.rowid
        self.at = at
        eventCount = Int(clamping: count)
        byteCount = Int(clamping: bytes)
        checksum = UInt32(truncatingIfNeeded: crc)
        self.stored = stored
    }

    /// The events; nil where the bytes are not what was stored.
    package var batch: EventBatch? {
        stored.withUnsafeBytes { bytes in
            guard eventCount > 0, CRC32C.checksum(bytes) == checksum else { return nil }
            return EventBatch(first: first, eventCount: eventCount, unpacking: bytes, byteCount: byteCount)
        }
    }
}

/// A dead letter as it lies on the disk.
package struct DeadRow {
    package let event: DeadEvent
    /// When it was set aside, ms since 1970.
    package let at: Int64

    /// Reads the columns sequence, code, reason, at, key, value.
    init(_ statement: Statement) {
        event = DeadEvent(
            sequence: statement.integer(0), code: statement.text(1), reason: statement.text(2),
            key: Array(statement.bytes(4)), value: Array(statement.bytes(5)))
        at = statement.integer(3)
    }

    /// nil where the row is of another table.
    init?(_ row: RawRow) {
        guard row.columns.count == 6, row.columns[0] == .null, case .bytes(let code) = row.columns[1],
            case .bytes(let reason) = row.columns[2], case .integer(let at) = row.columns[3],
            case .bytes(let key) = row.columns[4], case .bytes(let value) = row.columns[5]
        else { return nil }
        event = DeadEvent(
            sequence: row.rowid, code: String(decoding: code, as: UTF8.self),
            reason: String(decoding: reason, as: UTF8.self), key: key, value: value)
        self.at = at
    }
}
