// Reads BSON where it lies: a view of one document, its elements in order, a field by dotted path. Every length is
// checked, so that bytes from outside end the reading early and never trap. Valid as long as the bytes are.

public struct BSONView: Sequence {
    /// The whole document, length and closing NUL included.
    public let bytes: UnsafeRawBufferPointer

    /// nil where the bytes are no document by their own length; what is inside is checked as it is read.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 5, Int(bytes.uint32(at: 0)) == bytes.count, bytes[bytes.count - 1] == 0 else { return nil }
        self.bytes = bytes
    }

    public func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    public struct Iterator: IteratorProtocol {
        let bytes: UnsafeRawBufferPointer
        var at = 4

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        /// The next element; nil at the end, and where the bytes are no BSON.
        public mutating func next() -> BSONElement? {
            let end = bytes.count - 1
            guard at < end else { return nil }
            let type = bytes[at]
            guard let key = bytes.cString(from: at + 1, to: end) else { return nil }
            let start = at + 2 + key.count
            guard let length = BSONElement.length(of: type, bytes, start, end), length <= end - start else {
                at = end
                return nil
            }
            at = start + length
            return BSONElement(
                rawType: type, key: key, value: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
        }
    }

    /// The element at a dotted path: `kafka.o`, `writeErrors.0.code`. A key that itself holds a dot is not found.
    public subscript(path: String) -> BSONElement? {
        var path = path
        return path.withUTF8 { self[path: $0] }
    }

    private subscript(path path: UnsafeBufferPointer<UInt8>) -> BSONElement? {
        let dot = path.firstIndex(of: UInt8(ascii: ".")) ?? path.count
        guard let found = first(where: { $0.key.elementsEqual(path[..<dot]) }) else { return nil }
        if dot == path.count { return found }
        return found.document?[path: UnsafeBufferPointer(rebasing: path[(dot + 1)...])]
    }

    public func string(_ path: String) -> String? { self[path]?.string }
    /// An integer of either width, or a double without a fraction.
    public func integer(_ path: String) -> Int64? { self[path]?.integer }
    public func double(_ path: String) -> Double? { self[path]?.double }
    public func bool(_ path: String) -> Bool? { self[path]?.bool }
    public func dateMilliseconds(_ path: String) -> Int64? { self[path]?.dateMilliseconds }
    public func document(_ path: String) -> BSONView? { self[path]?.document }

    /// A copy that outlives these bytes.
    public var copied: BSONDocument { BSONDocument(copying: self) }
}

extension UnsafeRawBufferPointer {
    func uint32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func int64(at offset: Int) -> Int64 { Int64(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self)) }

    /// The bytes up to the NUL, which must stand before `end`.
    func cString(from start: Int, to end: Int) -> UnsafeBufferPointer<UInt8>? {
        var at = start
        while at < end, self[at] != 0 { at += 1 }
        guard at < end else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[start..<at]).assumingMemoryBound(to: UInt8.self)
    }
}
