// Columns as bytes: numbers at the least width that holds them all, 64-bit words, texts behind their lengths. Reading
// checks every length; what does not fit ends in nil, and a damaged column is never taken for a short one.

struct ColumnWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func word(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    /// Int64.min says that there is none.
    mutating func money(_ value: Money?) { word(UInt64(bitPattern: value?.units ?? .min)) }

    /// Their count, their width, then each.
    mutating func numbers(_ values: [UInt32]) {
        let most = values.max() ?? 0
        let width = most < 1 << 8 ? 1 : most < 1 << 16 ? 2 : 4
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: values.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(width))
        bytes.reserveCapacity(bytes.count + width * values.count)
        switch width {
        case 1: for value in values { bytes.append(UInt8(truncatingIfNeeded: value)) }
        case 2:
            for value in values {
                bytes.append(UInt8(truncatingIfNeeded: value))
                bytes.append(UInt8(truncatingIfNeeded: value >> 8))
            }
        default: for value in values { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
        }
    }

    /// A text behind its length and one; 0 for nil.
    mutating func text(_ value: String?) {
        guard let value else { return bytes.append(0) }
        var length = value.utf8.count + 1
        while length >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes.append(contentsOf: value.utf8)
    }
}

/// Why a stored segment cannot be read.
struct DamagedColumn: Error {}

struct ColumnReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at >= bytes.count }

    mutating func byte() throws(DamagedColumn) -> UInt8 {
        guard at < bytes.count else { throw DamagedColumn() }
        defer { at += 1 }
        return bytes[at]
    }

    mutating func word() throws(DamagedColumn) -> UInt64 {
        guard bytes.count - at >= 8 else { throw DamagedColumn() }
        defer { at += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    /// All that is left.
    mutating func visitors() throws(DamagedColumn) -> [VisitorID] {
        let (count, rest) = (bytes.count - at).quotientAndRemainder(dividingBy: 16)
        guard rest == 0 else { throw DamagedColumn() }
        defer { at = bytes.count }
        return [VisitorID](unsafeUninitializedCapacity: count) { room, filled in
            for index in 0..<count {
                let place = at + 16 * index
                room.initializeElement(
                    at: index,
                    to: VisitorID(
                        high: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
                        low: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self))))
            }
            filled = count
        }
    }

    mutating func money() throws(DamagedColumn) -> Money? {
        let units = Int64(bitPattern: try word())
        return units == .min ? nil : Money(units: units)
    }

    /// Every number below `limit`.
    mutating func numbers(below limit: Int) throws(DamagedColumn) -> [UInt32] {
        guard bytes.count - at >= 5 else { throw DamagedColumn() }
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
        let width = Int(bytes[at + 4])
        at += 5
        guard width == 1 || width == 2 || width == 4, count <= (bytes.count - at) / width else { throw DamagedColumn() }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[at..<at + width * count])
        at += width * count
        guard count > 0 else { return [] }
        var most: UInt32 = 0
        let values = [UInt32](unsafeUninitializedCapacity: count) { room, filled in
            switch width {
            case 1: for index in 0..<count { room[index] = UInt32(raw[index]) }
            case 2:
                for index in 0..<count {
                    room[index] = UInt32(
                        UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)))
                }
            default:
                for index in 0..<count {
                    room[index] = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
                }
            }
            for index in 0..<count { most = max(most, room[index]) }
            filled = count
        }
        guard count == 0 || Int(most) < limit else { throw DamagedColumn() }
        return values
    }

    mutating func text() throws(DamagedColumn) -> String? {
        var length = 0
        var shift = 0
        while true {
            let byte = try byte()
            length |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
            guard shift < 35 else { throw DamagedColumn() }
        }
        if length == 0 { return nil }
        guard length - 1 <= bytes.count - at else { throw DamagedColumn() }
        defer { at += length - 1 }
        return String(decoding: bytes[at..<at + length - 1], as: UTF8.self)
    }
}
