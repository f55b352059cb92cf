// A real spreadsheet reads the CSV exports: LibreOffice, where it is installed (`make office` installs it, 90 MB).
import JSON
import Linux
import TestSupport
import Testing

private let hasOffice = access("/usr/bin/soffice", X_OK) == 0

@Suite("LibreOffice reads the exports", .waiting, .enabled(if: Servers.areThere && hasOffice)) struct OfficeTests {
    @Test("umlauts, line breaks and what looks like a formula stand in their cells as text")
    func spreadsheet() throws {
        let python = (getenv("CLICKD_VENV").map { String(cString: $0) } ?? ".build/venv") + "/bin/python3"
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let names = [
            "Grüße, Ærø", "=1+2", "+49 30", "-5", "@SUM(1)", "=HYPERLINK(\"http://x\",\"y\")", "„quoted“, \"twice\"",
            "日本",
            "semi;colon\ttab", "1,5", "2026-11-25",
        ]
        var events = JSONWriter()
        var text = ""
        for (index, name) in names.enumerated() {
            for kind in ["Product Viewed", "Product Added", "Product Added to Wishlist", "Products Searched"] {
                events = JSONWriter()
                events.object { event in
                    event.member("event", kind)
                    event.member("messageId", "\(kind)\(index)")
                    event.member("anonymousId", "v\(index)")
                    event.key("properties")
                    event.object {
                        $0.member("product_id", "p\(index)")
                        $0.member("name", name)
                        $0.member("query", name)
                    }
                }
                text += String(decoding: events.bytes, as: UTF8.self) + "\n"
            }
        }
        #expect(try daemon.run(["send", "--ack"], input: Array(text.utf8)).status == 0)
        let web = try TestWeb(daemon)
        try web.start()
        eventually(within: 60, "the roll-ups have all") {
            (try? web.reader().request("GET", "/api/health"))?.text.contains("\"rolled_up\":44") == true
        }
        let folder = daemon.folder.path + "/office"
        try Files.makeFolder(folder)
        let read = try Command.run(
            python,
            [Command.root + "/Tests/ReaderTests/office.py", "http://127.0.0.1:\(web.readPort)/", folder] + names)
        #expect(read.status == 0, "\(read.errors)")
        #expect(Int(read.output.split(separator: "\n").last ?? "") ?? 0 > 4 * names.count)
    }
}
