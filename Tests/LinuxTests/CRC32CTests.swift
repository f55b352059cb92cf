import Linux
import Testing

@Suite struct CRC32CTests {
    private func checksum(_ text: some Sequence<UInt8>) -> UInt32 {
        Array(text).withUnsafeBytes { CRC32C.checksum($0) }
    }

    @Test("the checksum is Castagnoli's")
    func known() {
        #expect(checksum("123456789".utf8) == 0xE306_9283)
        #expect(checksum([]) == 0)
        // RFC 3720, B.4.
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum(0..<32) == 0x46DD_794E)
    }

    @Test("the processor's instruction and the table agree at every length and alignment, and in pieces")
    func agree() {
        let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
        bytes.withUnsafeBytes { raw in
            for start in 0..<16 {
                for count in stride(from: 0, to: 380, by: 3) {
                    let part = UnsafeRawBufferPointer(rebasing: raw[start..<start + count])
                    let whole = CRC32C.checksum(part)
                    #expect(whole == clickd_crc32c_portable(0, part.baseAddress, count))
                    let front = UnsafeRawBufferPointer(rebasing: part[..<(count / 3)])
                    let back = UnsafeRawBufferPointer(rebasing: part[(count / 3)...])
                    #expect(CRC32C.checksum(back, seed: CRC32C.checksum(front)) == whole)
                }
            }
        }
    }
}
