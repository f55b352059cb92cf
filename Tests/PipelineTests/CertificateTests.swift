// Certificates' dates against openssl's own word, and bytes that are none.
import Linux
import Pipeline
import TestSupport
import Testing

@Suite struct CertificateTests {
    @Test("the dates of a certificate are those that openssl says", arguments: ["1", "9000", "-1"])
    func dates(days: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/c.pem"
        let made = try Command.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                "-keyout",
                folder.path + "/k.pem", "-out", file, "-days", days == "-1" ? "1" : days,
            ])
        try #require(made.status == 0, "\(made.errors)")
        if days == "-1" {
            let request = folder.path + "/r.pem"
            try Command.run(
                "/usr/bin/openssl", ["req", "-new", "-key", folder.path + "/k.pem", "-subj", "/CN=x", "-out", request])
            let signed = try Command.run(
                "/usr/bin/openssl",
                ["x509", "-req", "-in", request, "-signkey", folder.path + "/k.pem", "-days", "-1", "-out", file])
            try #require(signed.status == 0, "\(signed.errors)")
        }
        let certificate = try #require(Certificate.read(file))
        let said = try Command.run(
            "/usr/bin/openssl", ["x509", "-in", file, "-noout", "-startdate", "-enddate", "-dateopt", "iso_8601"])
        #expect(said.output.contains("notBefore=\(Certificate.day(certificate.notBefore)) "), "\(said.output)")
        #expect(said.output.contains("notAfter=\(Certificate.day(certificate.notAfter)) "), "\(said.output)")
        let now = WallClock.nowMilliseconds / 1000
        let fault = certificate.fault(at: now)
        #expect((fault?.hasPrefix("has expired on") ?? false) == (days == "-1"))
        let early = certificate.fault(at: min(certificate.notBefore, certificate.notAfter) - 5)
        #expect(early?.hasPrefix("holds only from") == true)
    }

    @Test("bytes that are no certificate are none, however they are cut")
    func rubbish() throws {
        #expect(Certificate(pem: "hello") == nil)
        #expect(Certificate(pem: "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n") == nil)
        #expect(Certificate.read("/nowhere") == nil)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<80, using: &random)
            let bytes = (0..<count).map { _ in
                [0x30, 0x82, 0x84, 0xA0, 0x02, 0x17, 0xFF, 0x00].randomElement(using: &random) ?? 0
            }
            #expect(Certificate(der: bytes.map { UInt8($0) }) == nil, "\(bytes)")
        }
        // A real one's outer shape: one that is cut anywhere is none.
        func node(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] { [tag, UInt8(contents.count)] + contents }
        let dates = node(0x17, Array("260101000000Z".utf8)) + node(0x17, Array("270101000000Z".utf8))
        let empty = node(0x30, [])
        let serial = node(0xA0, [2]) + node(2, [1])
        let body = serial + empty + empty + node(0x30, dates)
        let whole = node(0x30, node(0x30, body))
        let read = try #require(Certificate(der: whole))
        #expect(Certificate.day(read.notBefore) == "2026-01-01" && Certificate.day(read.notAfter) == "2027-01-01")
        for count in 0..<whole.count { #expect(Certificate(der: Array(whole.prefix(count))) == nil, "\(count)") }
    }
}
