// Real readers over the whole way: events sent to clickd, read through clickd-web by a Python OData client, by what Power
// Query sends, and as CSV. One number everywhere: the ledger's.
import JSON
import Linux
import TestSupport
import Testing

@Suite("OData readers", .waiting, .serialized, .enabled(if: Servers.areThere)) struct ODataReaderTests {
    @Test("a Python client and Power Query's requests read every set, and OData, JSON, CSV and ledger agree")
    func readers() throws {
        let python = (getenv("CLICKD_VENV").map { String(cString: $0) } ?? ".build/venv") + "/bin/python3"
        let daemon = try TestDaemon(mode: .direct)
        try daemon.start()
        let now = WallClock.nowMilliseconds
        var text = ""
        for number in 0..<400 {
            let (name, properties) = [
                ("Product Viewed", #""product_id":"p\#(number % 7)""#), ("Product Viewed", #""product_id":"p1""#),
                ("Product Added", #""product_id":"p\#(number % 3)""#),
                ("Products Searched", #""query":"mug","results":0"#),
                ("Product Added to Wishlist", #""product_id":"p2""#), ("Checkout Started", #""value":5"#),
                ("Order Completed", #""order_id":"o\#(number)","revenue":12.5,"currency":"EUR""#), ("Other", ""),
            ][number % 8]
            let time = now - Int64(number % 5) * 86_400_000 - Int64(number) * 1000
            text += #"{"event":"\#(name)","messageId":"\#(number == 8 ? "it's" : "m\(number)")","#
            text += #""anonymousId":"v\#(number % 11)","timestamp":\#(time),"properties":{\#(properties)}}"# + "\n"
        }
        #expect(try daemon.run(["send", "--ack"], input: Array(text.utf8)).status == 0)
        let web = try TestWeb(daemon, web: "timezone = \"Europe/Berlin\"")
        try web.start()
        let root = "http://127.0.0.1:\(web.readPort)/"
        let trusted = [
            "-c", "import sys,urllib.request as u; sys.exit(b'\"rolled_up\":400' not in u.urlopen(sys.argv[1]).read())",
        ]
        eventually(within: 60, "the roll-ups have all: \(daemon.status()?.json ?? "")") {
            (try? Command.run(python, trusted + [root + "api/health"]).status) == 0
        }
        let read = try Command.run(python, [Command.root + "/Tests/ReaderTests/odata_reader.py", root])
        #expect(read.status == 0, "\(read.errors)\(web.process?.errors ?? "")")
        var numbers: [String: Int64] = [:]
        try JSONParser.make(capacity: 4096, maxDepth: 4).parse(copying: Array(read.output.utf8)) { tape in
            tape.members(of: tape.top) { numbers[String(decoding: $0, as: UTF8.self)] = tape.integer($1) }
        }
        let inserted = Int64(daemon.status()?.numbers["ledger.inserted"] ?? 0)
        #expect(inserted == 400)
        for name in ["odata_events", "odata_daily", "api", "csv"] { #expect(numbers[name] == inserted, "\(name)") }
        for name in ["views", "searches", "wishes"] {
            #expect(numbers["odata_" + name] == numbers["csv_" + name] && numbers["odata_" + name] ?? 0 > 0, "\(name)")
        }
    }
}
