// Writes BSON documents back to back into one growing buffer that is kept between batches: no allocation a document,
// none an element. https://bsonspec.org/spec.html
// A document that cannot be written (too large, too deep, no memory) is taken off again alone; nothing traps, and what
// the buffer holds is always a row of whole documents. Belongs to one thread.
import Glibc

/// Why a document was not written.
public enum BSONFault: Error, Sendable, Equatable {
    /// Larger than `BSONWriter.maxDocumentBytes`.
    case tooLarge
    /// Nested deeper than `BSONWriter.maxDepth`.
    case tooDeep
    /// No memory for it; the same document may be written later.
    case noMemory
    /// `endDocument` without `beginDocument`, or with an object or array left open.
    case unbalanced
}

public struct BSONWriter: ~Copyable {
    /// MongoDB's limit of one document.
    public static let maxDocumentBytes = 16 * 1024 * 1024
    /// Levels of objects and arrays, the document itself being the first; MongoDB promises 100.
    public static let maxDepth = 100

    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity = 0
    @usableFromInline var count = 0
    /// The end of what may be written without asking: the buffer's or the largest document's. Below 0 where nothing
    /// may be written: outside a document, and after a fault.
    @usableFromInline var limit = Int.min
    @usableFromInline var documentStart = 0
    /// Where each open document, object and array begins. Never changed; a `var` because Swift 6.0 takes no `let` of a
    /// noncopyable type whose initializer calls a mutating method.
    @usableFromInline var open: UnsafeMutablePointer<Int>
    @usableFromInline var depth = 0
    @usableFromInline var ends: [Int] = []
    /// What is wrong with the document being written; what is appended after it is ignored.
    @inlinable public var fault: BSONFault? { failure }
    @usableFromInline var failure: BSONFault?

    /// A writer with room for `capacity` bytes; it grows as needed, doubling.
    public init(capacity: Int = 0) {
        open = .allocate(capacity: Self.maxDepth)
        base = UnsafeMutableRawPointer(open)
        if capacity > 0 { _ = grow(to: capacity) }
    }

    deinit {
        if capacity > 0 { free(base) }
        open.deallocate()
    }

    /// How many whole documents the buffer holds.
    @inlinable public var documentCount: Int { ends.count }
    /// The bytes of all whole documents.
    @inlinable public var byteCount: Int { ends.last ?? 0 }

    /// Forgets every document and keeps the buffer, or `keeping` bytes of it where it has grown beyond.
    public mutating func reset(keeping bytes: Int = .max) {
        ends.removeAll(keepingCapacity: true)
        count = 0
        documentStart = 0
        depth = 0
        failure = nil
        limit = Int.min
        if capacity > bytes {
            free(base)
            base = UnsafeMutableRawPointer(open)
            capacity = 0
            if bytes > 0 { _ = grow(to: bytes) }
        }
    }

    /// Takes the last `documents` documents off again.
    public mutating func removeLast(_ documents: Int = 1) {
        guard depth == 0 else { return }
        ends.removeLast(min(max(documents, 0), ends.count))
        count = byteCount
    }

    /// The bytes of document `index`; they move with the next thing written. Empty where there is none.
    public borrowing func document(_ index: Int) -> UnsafeRawBufferPointer {
        guard ends.indices.contains(index) else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = index == 0 ? 0 : ends[index - 1]
        return UnsafeRawBufferPointer(start: base + start, count: ends[index] - start)
    }

    // MARK: Structure

    /// Begins a document. One that was left open is dropped.
    @inlinable public mutating func beginDocument() {
        count = byteCount
        documentStart = count
        failure = nil
        depth = 0
        limit = documentLimit
        begin(at: room(4))
    }

    /// Ends the document. On a fault it is dropped, and the buffer is as it was before it.
    @inlinable public mutating func endDocument() throws(BSONFault) {
        if depth == 1 { end() } else if fault == nil { fail(.unbalanced) }
        limit = Int.min
        guard let fault else {
            ends.append(count)
            return
        }
        count = documentStart
        depth = 0
        throw fault
    }

    /// Drops the document being written.
    public mutating func abandonDocument() {
        count = byteCount
        depth = 0
        limit = Int.min
    }

    /// Begins a document inside the document; `end()` ends it.
    @inlinable public mutating func beginObject(key: BSONKey) { begin(at: element(0x03, key, 4)) }

    /// Begins an array; give its elements the keys `.index(0)`, `.index(1)` and so on, and `end()` it.
    @inlinable public mutating func beginArray(key: BSONKey) { begin(at: element(0x04, key, 4)) }

    /// Ends the innermost object or array.
    @inlinable public mutating func end() {
        guard depth > 0, let at = room(1) else { return }
        at.storeBytes(of: 0, as: UInt8.self)
        depth &-= 1
        let start = open[depth]
        base.storeBytes(
            of: UInt32(truncatingIfNeeded: count &- start).littleEndian, toByteOffset: start, as: UInt32.self)
    }

    @inlinable mutating func begin(at length: UnsafeMutableRawPointer?) {
        guard length != nil else { return }
        guard depth < Self.maxDepth else { return fail(.tooDeep) }
        open[depth] = count &- 4
        depth &+= 1
    }

    // MARK: Memory

    /// The end of what the open document may take of the buffer as it is.
    @inlinable var documentLimit: Int { min(capacity, documentStart &+ Self.maxDocumentBytes) }

    /// Room for one element: writes type and key, and gives the place of its value.
    @inlinable mutating func element(_ type: UInt8, _ key: BSONKey, _ valueBytes: Int) -> UnsafeMutableRawPointer? {
        let length = key.length
        guard let at = room(length &+ valueBytes &+ 2) else { return nil }
        at.storeBytes(of: type, as: UInt8.self)
        key.write(to: at + 1, length: length)
        return at + (length &+ 2)
    }

    @inlinable mutating func room(_ bytes: Int) -> UnsafeMutableRawPointer? {
        let end = count &+ bytes
        if end > limit, !makeRoom(bytes) { return nil }
        let place = base + count
        count = end
        return place
    }

    @usableFromInline mutating func makeRoom(_ bytes: Int) -> Bool {
        guard fault == nil, limit >= 0 else { return false }
        guard bytes <= Self.maxDocumentBytes - (count - documentStart) else {
            fail(.tooLarge)
            return false
        }
        let needed = count + bytes
        guard needed <= capacity || grow(to: max(needed, capacity * 2, 4096)) else {
            fail(.noMemory)
            return false
        }
        limit = documentLimit
        return true
    }

    @usableFromInline mutating func fail(_ reason: BSONFault) {
        if failure == nil { failure = reason }
        limit = Int.min
    }

    private mutating func grow(to bytes: Int) -> Bool {
        guard let larger = capacity == 0 ? malloc(bytes) : realloc(base, bytes) else { return false }
        base = larger
        capacity = bytes
        return true
    }
}
