import Events
import JSON
import Testing

private func read(_ text: String) throws -> Rejection? {
    let parser = try JSONParser.make(capacity: 1 << 20, maxDepth: EventFields.maxDepth)
    do {
        try parser.parse(copying: text.utf8) { tape in _ = try EventFields.read(tape) }
        return nil
    } catch let rejection as Rejection { return rejection }
}

private func parseTime(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBufferPointer { EventTime.parse($0) }
}

@Suite struct EventFieldsTests {
    @Test(
        "what the interface allows is taken",
        arguments: [
            #"{"event":"x"}"#, #"{"type":"page"}"#, #"{"type":"track","event":"x","messageId":"m"}"#,
            #"{"event":"x","anonymousId":5,"userId":null}"#, #"{"event":"x","anonymousId":""}"#,
            #"{"event":"x","timestamp":1700000000000}"#, #"{"event":"x","timestamp":"2026-01-01T00:00:00Z"}"#,
            #"{"event":"x","properties":{"$set":1,"a.b":2,"a":1,"a":2}}"#, #"{"event":"x","odd":[1,{"y":null}]}"#,
            #"{"\u0065vent":"x"}"#,
        ])
    func taken(text: String) throws { #expect(try read(text) == nil) }

    @Test(
        "what it does not allow is refused as bad_field",
        arguments: [
            "{}", #"{"event":""}"#, #"{"event":5}"#, #"{"event":"x","event":"y"}"#, #"{"event":"x","\u0065vent":"y"}"#,
            #"{"type":"tracks","event":"x"}"#, #"{"type":7,"event":"x"}"#, #"{"event":"x","messageId":""}"#,
            #"{"event":"x","messageId":null}"#, #"{"event":"x","anonymousId":{}}"#, #"{"event":"x","userId":true}"#,
            #"{"event":"x","timestamp":"yesterday"}"#, #"{"event":"x","timestamp":"2026-01-01T00:00:00"}"#,
            #"{"event":"x","properties":[]}"#, #"{"event":"x","context":"c"}"#, #"{"event":"x","":1}"#,
            #"{"event":"x","properties":{"":1}}"#, #"{"event":"x","properties":{"a":[{"b\u0000":1}]}}"#,
        ])
    func refused(text: String) throws { #expect(try read(text) == .badField) }

    @Test("names of 200 characters and ids of 128 bytes are the longest")
    func bounds() throws {
        #expect(try read("{\"event\":\"\(String(repeating: "é", count: 200))\"}") == nil)
        #expect(try read("{\"event\":\"\(String(repeating: "é", count: 201))\"}") == .badField)
        #expect(try read("{\"event\":\"x\",\"messageId\":\"\(String(repeating: "m", count: 128))\"}") == nil)
        #expect(try read("{\"event\":\"x\",\"messageId\":\"\(String(repeating: "m", count: 129))\"}") == .badField)
        #expect(try read("[]") == .notObject)
        #expect(try read("5") == .notObject)
    }
}

@Suite struct EventTimeTests {
    @Test(
        "times are read with their zone",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00.5Z", 951_825_600_500),
            ("2026-11-23T10:00:00.123456+01:00", 1_795_424_400_123), ("2026-11-23T10:00+0100", 1_795_424_400_000),
            ("2026-11-23 10:00:00-05", 1_795_446_000_000), ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)])
    func read(text: String, expected: Int64) {
        #expect(parseTime(text) == expected)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", "x",
        ])
    func refused(text: String) { #expect(parseTime(text) == nil) }

    @Test("writing a time and reading it gives the same instant, over 400 years")
    func roundTrip() {
        var milliseconds: Int64 = -5_000_000_000_000
        while milliseconds < 8_000_000_000_000 {
            let text = EventTime.text(milliseconds)
            #expect(text.withUnsafeBufferPointer { EventTime.parse($0) } == milliseconds)
            milliseconds += 3_456_789_123
        }
    }

    @Test("event time follows the sender's clock, set right by sentAt, within bounds")
    func happened() {
        let received: Int64 = 1_795_424_400_000
        func at(_ timestamp: Int64?, _ original: Int64?, _ sent: Int64?) -> Int64 {
            EventTime.happened(timestamp: timestamp, originalTimestamp: original, sentAt: sent, receivedAt: received)
                .milliseconds
        }
        #expect(at(nil, nil, nil) == received)
        #expect(at(received - 5, nil, nil) == received - 5)
        #expect(at(1000, 400, 900) == received - 500)
        #expect(at(400, nil, 900) == received - 500)
        #expect(at(nil, nil, 900) == received)
        #expect(at(received + 86_400_000, nil, nil) == received + 86_400_000)
        #expect(at(received + 86_400_001, nil, nil) == received)
        let tenYears: Int64 = 3653 * 86_400_000
        #expect(at(received - tenYears, nil, nil) == received - tenYears)
        #expect(at(received - tenYears - 1, nil, nil) == received)
        #expect(at(0, nil, nil) == received)
    }
}

@Suite struct RawMembersTests {
    @Test("each member's text is found, whatever is in it")
    func ranges() {
        let text = #" { "a" : "x\"},{" , "b":{"c":[1,2,{"d":"]"}]},"e":-1.5e3 ,"f":null } "#
        let bytes = Array(text.utf8)
        let parts = bytes.withUnsafeBytes { raw in
            RawMembers.ranges(in: raw).map { String(decoding: raw[$0], as: UTF8.self) }
        }
        #expect(parts == [#""a" : "x\"},{""#, #""b":{"c":[1,2,{"d":"]"}]}"#, #""e":-1.5e3"#, #""f":null"#])
        #expect(Array("{}".utf8).withUnsafeBytes { RawMembers.ranges(in: $0) }.isEmpty)
    }
}

@Suite struct ActivityTests {
    /// Written out here, apart from the code's own: a name that is lost there is missed here.
    private static let table: [(name: String, activity: Activity)] = [
        ("Product Viewed", .viewProduct), ("Viewed Product", .viewProduct), ("view_item", .viewProduct),
        ("Product Added", .addToCart), ("Added Product", .addToCart), ("add_to_cart", .addToCart),
        ("Product Removed", .removeFromCart), ("Removed Product", .removeFromCart),
        ("remove_from_cart", .removeFromCart), ("Checkout Started", .proceedToCheckout),
        ("Started Order", .proceedToCheckout), ("begin_checkout", .proceedToCheckout), ("Products Searched", .search),
        ("search", .search), ("Product Added to Wishlist", .addToWishlist), ("add_to_wishlist", .addToWishlist),
        ("Order Completed", .order), ("Completed Order", .order), ("purchase", .order),
    ]

    @Test("every name of the table maps to its activity, others to none")
    func names() {
        func named(_ text: String) -> Activity? { Array(text.utf8).withUnsafeBufferPointer { Activity.named($0) } }
        for (name, activity) in Self.table {
            #expect(named(name) == activity, "\(name)")
            #expect(named(name.uppercased()) == nil && named(name + " ") == nil, "\(name)")
            #expect(named(String(name.dropLast())) == nil, "\(name)")
        }
        let count = Activity.allCases.reduce(0) { $0 + $1.eventNames.count }
        #expect(Self.table.count == count, "no name that is not here")
        #expect(named("product viewed") == nil)
        #expect(named("") == nil)
    }
}
