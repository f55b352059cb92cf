// gzip bodies: inflated up to a limit, and made for files that are sent often. Wraps zlib.
import CZlib

public enum GzipError: Error, Sendable, Equatable {
    /// Not gzip, cut off, or with something behind it.
    case notGzip
    /// More than the limit when inflated.
    case tooLarge
}

public enum Gzip {
    /// Inflates one gzip member that fills `bytes` into `output`, which is overwritten; at most `limit` bytes. Behind them
    /// `padding` zero bytes are put, which do not count: the result is the text's length.
    public static func inflate(
        _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int, padding: Int
    ) throws(GzipError) -> Int {
        var stream = z_stream()
        guard bytes.count > 0, bytes.count < Int(UInt32.max), clickd_gunzip_begin(&stream) == Z_OK else {
            throw .notGzip
        }
        defer { inflateEnd(&stream) }
        // A byte more than allowed shows that there is more.
        let room = limit + 1
        if output.count < room + padding {
            output.append(contentsOf: repeatElement(0, count: room + padding - output.count))
        }
        let result = output.withUnsafeMutableBytes { output -> Int32 in
            stream.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(bytes.count)
            stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(clamping: room)
            return CZlib.inflate(&stream, Z_FINISH)
        }
        let count = Int(stream.total_out)
        if count > limit { throw .tooLarge }
        guard result == Z_STREAM_END, stream.avail_in == 0 else { throw .notGzip }
        for index in count..<count + padding { output[index] = 0 }
        return count
    }

    /// `bytes` as one gzip member, as small as zlib can; nil without memory.
    public static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard bytes.count < Int(UInt32.max), clickd_gzip_begin(&stream) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let result = bytes.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { output -> Int32 in
                stream.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(clamping: output.count)
                return CZlib.deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { return nil }
        output.removeLast(output.count - Int(stream.total_out))
        return output
    }
}
