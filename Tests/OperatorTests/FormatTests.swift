import Operator
import Testing

@Suite struct FormatTests {
    @Test("counts have a comma every three digits")
    func counts() {
        #expect(Format.count(0) == "0")
        #expect(Format.count(999) == "999")
        #expect(Format.count(1000) == "1,000")
        #expect(Format.count(-1_234_567) == "-1,234,567")
        #expect(Format.count(.min) == "-9,223,372,036,854,775,808")
    }

    @Test("bytes, times and decimals are short and rounded right")
    func amounts() {
        #expect(Format.bytes(1023) == "1023 B")
        #expect(Format.bytes(1536) == "1.5 KiB")
        #expect(Format.bytes(64 << 20) == "64.0 MiB")
        #expect(Format.bytes(4 << 40) == "4096.0 GiB")
        #expect(Format.duration(seconds: 0.25) == "250 ms")
        #expect(Format.duration(seconds: 90) == "90.0 s")
        #expect(Format.duration(seconds: 600) == "10 min")
        #expect(Format.duration(seconds: 9000) == "2.5 h")
        #expect(Format.decimal(0.999, 2) == "1.00")
        #expect(Format.decimal(1.05, 2) == "1.05")
        #expect(Format.decimal(12, 0) == "12")
        #expect(Format.decimal(-0.5, 1) == "-0.5")
        for far in [Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e19, -1e19] {
            #expect(Format.duration(seconds: far) == (far > 0 ? "ages" : "0 ms"))
            #expect(Format.decimal(far, 2) == (far > 0 ? "1000000000000000.00" : "-1000000000000000.00"))
        }
        #expect(Format.padded("ab", 4) == "ab  ")
        #expect(Format.right("ab", 4) == "  ab")
        #expect(Format.right("abcde", 4) == "abcde")
    }
}
