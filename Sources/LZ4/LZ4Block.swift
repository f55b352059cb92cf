// LZ4 blocks: packs bytes into a buffer that is reused, unpacks into memory of the size that was kept beside. The size
// and a checksum are the caller's to keep. Belongs to one thread.
import CLZ4

public struct LZ4Block: ~Copyable {
    private var room: UnsafeMutableRawBufferPointer

    public init() { room = .allocate(byteCount: 1 << 16, alignment: 16) }

    deinit { room.deallocate() }

    /// The packed form of `bytes` (2 GiB at most), valid until the next call; nil where it would not be smaller.
    public mutating func pack(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard bytes.count > 0, bytes.count <= Int(LZ4_MAX_INPUT_SIZE) else { return nil }
        let bound = Int(LZ4_compressBound(Int32(bytes.count)))
        if bound > room.count {
            room.deallocate()
            room = .allocate(byteCount: bound, alignment: 16)
        }
        let count = LZ4_compress_default(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            room.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), Int32(room.count))
        guard count > 0, Int(count) < bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: room[..<Int(count)])
    }

    /// Unpacks into `target`, whose size is what was packed; false where the bytes do not give exactly that.
    public static func unpack(_ packed: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
        let count = LZ4_decompress_safe(
            packed.baseAddress?.assumingMemoryBound(to: CChar.self),
            target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: packed.count),
            Int32(clamping: target.count))
        return Int(count) == target.count
    }
}
