// Rows of a database file, read without its trees: every leaf page that can be understood gives its rows, whatever leads
// to it is damaged. Pages of the WAL stand for those of the file. What a row says must be proved by its reader (a
// checksum of its own): pages that were freed give rows that were deleted.
// The format: https://www.sqlite.org/fileformat2.html, sections 1.6 (pages), 2.1 (records) and 4.1 (WAL).
import Linux

public enum RawValue: Sendable, Equatable {
    case null
    case integer(Int64)
    /// A text or a blob.
    case bytes([UInt8])
}

public struct RawRow: Sendable {
    /// 0 for rows of tables without one.
    public let rowid: Int64
    public let columns: [RawValue]
}

/// Not Sendable: one thread reads.
public struct RawRows: ~Copyable {
    private let file: FileDescriptor
    /// -1 where there is none: reading it fails.
    private let wal: FileDescriptor
    /// Where the newest copy of a page lies in the WAL.
    private let inWAL: [Int: off_t]
    private let pageBytes: Int
    /// Of the file.
    private let pageCount: Int

    /// Opens the file at `path` and its WAL, for reading. `pageBytes`: used where the header cannot tell.
    public static func open(_ path: String, pageBytes: Int) throws(SystemError) -> RawRows {
        let file = try FileDescriptor.open(path, O_RDONLY)
        var state = stat()
        guard fstat(file.raw, &state) == 0 else { throw SystemError("stat \(path)") }
        let wal = FileDescriptor(owning: Glibc.open(path + "-wal", O_RDONLY | O_CLOEXEC))
        let found = RawRows.frames(of: wal, pageBytes: pageBytes)
        return RawRows(
            file: file, wal: wal, inWAL: found, pageBytes: pageBytes, pageCount: Int(state.st_size) / pageBytes)
    }

    private init(
        file: consuming FileDescriptor, wal: consuming FileDescriptor, inWAL: [Int: off_t], pageBytes: Int,
        pageCount: Int
    ) {
        self.file = file
        self.wal = wal
        self.inWAL = inWAL
        self.pageBytes = pageBytes
        self.pageCount = pageCount
    }

    /// Frames of the WAL's present generation (their salt is the header's), the last of each page.
    private static func frames(of wal: borrowing FileDescriptor, pageBytes: Int) -> [Int: off_t] {
        var header = [UInt8](repeating: 0, count: 32)
        guard pread(wal.raw, &header, 32, 0) == 32 else { return [:] }
        let salt = header[16..<24]
        var found: [Int: off_t] = [:]
        var at: off_t = 32
        var frame = [UInt8](repeating: 0, count: 24)
        while pread(wal.raw, &frame, 24, at) == 24 {
            if frame[8..<16].elementsEqual(salt) { found[Int(number(frame, 0, 4))] = at + 24 }
            at += off_t(24 + pageBytes)
        }
        return found
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
        guard at >= 0, at + count <= bytes.count else { return 0 }
        return bytes[at..<at + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Page `number` (from 1); nil where it cannot be read whole.
    private func page(_ number: Int) -> [UInt8]? {
        guard number >= 1, number <= pageCount || inWAL[number] != nil else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: pageBytes) { buffer, count in
            count = max(0, read(number, into: UnsafeMutableRawBufferPointer(buffer)))
        }
        return bytes.count == pageBytes ? bytes : nil
    }

    private func read(_ number: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let at = inWAL[number] else {
            return pread(file.raw, buffer.baseAddress, buffer.count, off_t((number - 1) * pageBytes))
        }
        return pread(wal.raw, buffer.baseAddress, buffer.count, at)
    }

    /// Visits every row that makes sense, page by page. `onPage` is a sign of life.
    public func forEach(onPage: () -> Void = {}, _ visit: (RawRow) -> Void) {
        // A frame may name any page: those beyond the file are looked at one by one, never all up to the highest.
        for number in Array(1..<pageCount + 1) + inWAL.keys.filter({ $0 > pageCount }).sorted() {
            onPage()
            guard let page = page(number) else { continue }
            let start = number == 1 ? 100 : 0
            let kind = page[start]
            // 13: the leaf of a table; 10: the leaf of an index, which is what a table WITHOUT ROWID is.
            guard kind == 13 || kind == 10 else { continue }
            let cells = Int(RawRows.number(page, start + 3, 2))
            guard cells <= (pageBytes - 8) / 2 else { continue }
            for cell in 0..<cells {
                let at = Int(RawRows.number(page, start + 8 + 2 * cell, 2))
                if let row = row(page, at, isTable: kind == 13) { visit(row) }
            }
        }
    }

    /// No row is longer than all there is.
    private var mostBytes: Int { min((pageCount + inWAL.count) * pageBytes, 1 << 30) }

    private func row(_ page: [UInt8], _ start: Int, isTable: Bool) -> RawRow? {
        var at = start
        guard let size = RawRows.varint(page, &at), size > 0, size <= mostBytes else { return nil }
        var rowid: Int64 = 0
        if isTable {
            guard let read = RawRows.varint(page, &at) else { return nil }
            rowid = read
        }
        guard let payload = payload(page, at, Int(size), isTable: isTable) else { return nil }
        return RawRows.columns(payload).map { RawRow(rowid: rowid, columns: $0) }
    }

    /// The payload of a cell, its overflow pages with it.
    private func payload(_ page: [UInt8], _ at: Int, _ size: Int, isTable: Bool) -> [UInt8]? {
        let most = isTable ? pageBytes - 35 : (pageBytes - 12) * 64 / 255 - 23
        if size <= most { return at + size <= page.count ? Array(page[at..<at + size]) : nil }
        let least = (pageBytes - 12) * 32 / 255 - 23
        let fitting = least + (size - least) % (pageBytes - 4)
        let local = fitting <= most ? fitting : least
        guard at + local + 4 <= page.count else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        bytes += page[at..<at + local]
        var next = Int(RawRows.number(page, at + local, 4))
        while bytes.count < size {
            guard let overflow = self.page(next) else { return nil }
            next = Int(RawRows.number(overflow, 0, 4))
            bytes += overflow[4..<4 + min(size - bytes.count, pageBytes - 4)]
        }
        return bytes
    }

    private static func columns(_ payload: [UInt8]) -> [RawValue]? {
        var at = 0
        guard let headerSize = varint(payload, &at), headerSize <= payload.count else { return nil }
        var value = Int(headerSize)
        var columns: [RawValue] = []
        while at < Int(headerSize) {
            guard let type = varint(payload, &at), type >= 0 else { return nil }
            let size: Int
            switch type {
            case 0, 8, 9: size = 0
            case 1...4: size = Int(type)
            case 5: size = 6
            case 6, 7: size = 8
            case 12...: size = Int((type - 12) / 2)
            default: return nil
            }
            guard value + size <= payload.count else { return nil }
            switch type {
            case 0: columns.append(.null)
            case 8: columns.append(.integer(0))
            case 9: columns.append(.integer(1))
            case 12...: columns.append(.bytes(Array(payload[value..<value + size])))
            default:
                // Big-endian, its sign in the first bit.
                let raw = number(payload, value, size)
                let shift = UInt64(64 - 8 * size)
                columns.append(.integer(Int64(bitPattern: raw << shift) >> Int64(shift)))
            }
            value += size
        }
        return columns
    }

    private static func varint(_ bytes: [UInt8], _ at: inout Int) -> Int64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard at >= 0, at < bytes.count else { return nil }
            let byte = bytes[at]
            at += 1
            if index == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
