// CRC32C (Castagnoli), the checksum of an outbox row.

public enum CRC32C {
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        clickd_crc32c(seed, bytes.baseAddress, bytes.count)
    }
}
