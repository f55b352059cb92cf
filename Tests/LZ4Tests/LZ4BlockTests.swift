import LZ4
import Testing

@Suite struct LZ4BlockTests {
    @Test("what is packed comes back, of any size")
    func roundTrip() {
        var block = LZ4Block()
        for count in [1, 100, 70_000, 1 << 20] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7 % 50) }
            var packed: [UInt8]?
            bytes.withUnsafeBytes { packed = block.pack($0).map(Array.init) }
            guard let packed else {
                #expect(count < 100)
                continue
            }
            #expect(packed.count < count)
            var target = [UInt8](repeating: 0, count: count)
            #expect(
                packed.withUnsafeBytes { from in target.withUnsafeMutableBytes { LZ4Block.unpack(from, into: $0) } })
            #expect(target == bytes)
        }
    }

    @Test("damaged bytes and wrong sizes are refused, noise is left as it is")
    func damaged() {
        var block = LZ4Block()
        let noise = (0..<1000).map { _ in UInt8.random(in: 0...255) }
        #expect(noise.withUnsafeBytes { block.pack($0) == nil })
        let bytes = [UInt8](repeating: 7, count: 1000)
        let packed: [UInt8] = bytes.withUnsafeBytes { block.pack($0).map(Array.init) } ?? []
        var small = [UInt8](repeating: 0, count: 999)
        #expect(!packed.withUnsafeBytes { from in small.withUnsafeMutableBytes { LZ4Block.unpack(from, into: $0) } })
        var large = [UInt8](repeating: 0, count: 2000)
        #expect(!packed.withUnsafeBytes { from in large.withUnsafeMutableBytes { LZ4Block.unpack(from, into: $0) } })
        #expect(!noise.withUnsafeBytes { from in small.withUnsafeMutableBytes { LZ4Block.unpack(from, into: $0) } })
    }
}
