import Settings
import Testing

/// What an operator can write wrong, the line that must be named, and a part of the sentence.
struct Wrong: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let fragment: String

    init(_ text: String, _ line: Int, _ fragment: String) {
        self.text = text
        self.line = line
        self.fragment = fragment
    }

    var testDescription: String { String(text.prefix(60)) }
}

private let long = String(repeating: "x", count: 108)

private let values: [Wrong] = [
    Wrong("[intake]\nmax_event_byte = 1", 2, "did you mean max_event_bytes?"),
    Wrong("[intak]", 1, "did you mean intake?"),
    Wrong("[zzzzzz]", 1, "no section of clickd"),
    Wrong("max_bytes = 1", 1, "stands in no section; it belongs in [outbox]"),
    Wrong("nothing_known = 1", 1, "stands in no section and is no key"),
    Wrong("[intake]\nmax_bytes = 1", 2, "it belongs in [outbox]"),
    Wrong("outbox = 5", 1, "it is a section"),
    Wrong("[outbox]\nmax_bytes = \"4 GBB\"", 2, "outbox.max_bytes is \"4 GBB\": not a size"),
    Wrong("[outbox]\nmax_bytes = \"1.5 GiB\"", 2, "not a size"),
    Wrong("[outbox]\nmax_bytes = \"99999999999 GiB\"", 2, "not a size"),
    Wrong("[outbox]\nmax_bytes = -1", 2, "out of bounds"),
    Wrong("[outbox]\nmax_bytes = \"1 MiB\"", 2, "out of bounds"),
    Wrong("[outbox]\nmax_bytes = 4.0", 2, "a number with a point"),
    Wrong("[outbox]\nmax_bytes = true", 2, "where a whole number is needed"),
    Wrong("[outbox]\npath = \"outbox\"", 2, "not an absolute path"),
    Wrong("[outbox]\npath = \"\"", 2, "empty"),
    Wrong("[outbox]\npath = \"/\"", 2, "the root folder"),
    Wrong("[outbox]\npath = \"/a/../b\"", 2, "write it out"),
    Wrong("[outbox]\npath = 7", 2, "where a string is needed"),
    Wrong("[outbox]\npath = 2026-01-01", 2, "a date or time"),
    Wrong("[intake]\nmax_event_bytes = 100", 2, "\"1 KiB\" to \"512 KiB\""),
    Wrong("[intake]\nmax_event_bytes = \"1 MiB\"", 2, "out of bounds"),
    Wrong("[intake]\nmax_connections = 0", 2, "from 1 to 65535"),
    Wrong("[intake]\nmax_connections = \"8\"", 2, "without quotes"),
    Wrong("[intake]\nwhen_full = \"refuze\"", 2, "did you mean refuse?"),
    Wrong("[intake]\nsocket_mode = 660", 2, "in quotes"),
    Wrong("[intake]\nsocket_mode = \"0888\"", 2, "not permission bits"),
    Wrong("[intake]\nsocket_mode = \"4777\"", 2, "not permission bits"),
    Wrong("[intake]\nsocket_group = \"no-such-group\"", 2, "no such group"),
    Wrong("[intake]\nallow_users = [\"no-such-user\"]", 2, "no user \"no-such-user\""),
    Wrong("[intake]\nallow_users = \"root\"", 2, "where a list is needed"),
    Wrong("[intake]\nallow_users = [true]", 2, "every element must be a string"),
    Wrong("[intake]\nstream_socket = \"clickd.sock\"", 2, "not an absolute path"),
    Wrong("[intake]\nstream_socket = \"/\(long)\"", 2, "109 bytes long, where Linux takes 107"),
    Wrong("[intake]\nudp = \"7780\"", 2, "not an address"),
    Wrong("[intake]\nudp = \"localhost:7780\"", 2, "not an address"),
    Wrong("[intake]\nudp = \"::1:7780\"", 2, "not an address"),
    Wrong("[intake]\nudp = \"127.0.0.1:0\"", 2, "not an address"),
    Wrong("[intake]\nudp = \"127.0.0.1:70000\"", 2, "not an address"),
    Wrong("[intake]\nudp_allow = [\"10.0.0.1/8\"]", 2, "no bits set after the prefix"),
    Wrong("[intake]\nudp_allow = [\"10.0.0.0/40\"]", 2, "not an address range"),
    Wrong("[host]\nname = \"a\\nb\"", 2, "not a name"),
    Wrong("[pipeline]\nmode = \"Direct\"", 2, "did you mean direct?"),
    Wrong("[pipeline]\nroles = [\"intake\", \"forwarder\", \"consumr\"]", 2, "did you mean consumer?"),
    Wrong("[pipeline]\nroles = [\"consumer\", \"consumer\"]", 2, "twice"),
    Wrong("[kafka]\nbrokers = \"\"", 2, "no broker"),
    Wrong("[kafka]\nbrokers = \"a:1,b:x\"", 2, "\"b:x\" is no broker"),
    Wrong("[kafka]\nbrokers = \"SSL://a:1\"", 2, "security.protocol"),
    Wrong("[kafka]\ntopic = \"a b\"", 2, "letters, digits"),
    Wrong("[kafka]\ntopic = \"..\"", 2, "not . or .."),
    Wrong("[kafka]\ngroup = \"\"", 2, "1 to 249 bytes"),
    Wrong("[kafka]\ncreate_topic = \"yes\"", 2, "where true or false is needed"),
    Wrong("[kafka]\ncreate_topic = true\npartitions = 0", 3, "from 1 to 10000"),
    Wrong("[kafka]\nclient = 5", 2, "not a table"),
    Wrong("[mongodb]\nuri = \"localhost:27017\"", 2, "it begins with mongodb://"),
    Wrong("[mongodb]\nuri = \"mongodb://\"", 2, "no host"),
    Wrong("[mongodb]\nuri_file = \"/nowhere/uri\"", 2, "/nowhere/uri cannot be read: No such file or directory"),
    Wrong("[mongodb]\nuri_file = \"/dev/null\"", 2, "is empty"),
    Wrong("[mongodb]\nuri_file = \"/etc/hostname\"", 2, "not a connection string"),
    Wrong("[mongodb]\ndatabase = \"a.b\"", 2, "1 to 63 bytes"),
    Wrong("[mongodb]\ndatabase = \"admin\"", 2, "not admin"),
    Wrong("[mongodb]\ncollection = \"offsets\"", 2, "not one of clickd's own"),
    Wrong("[mongodb]\ncollection = \"system.x\"", 2, "not beginning with system."),
    Wrong("[mongodb]\nretain = 400", 2, "where a string is needed"),
    Wrong("[mongodb]\nretain = \"400\"", 2, "not a time"),
    Wrong("[mongodb]\nretain = \"2 weeks\"", 2, "not a time"),
    Wrong("[mongodb]\nretain = \"5 min\"", 2, "1 day to 24855 days"),
    Wrong("[control]\nsocket = \"\"", 2, "empty"),
    Wrong("[metrics]\nlisten = \":9180\"", 2, "not an address"),
    Wrong("[log]\nlevel = \"warn\"", 2, "not one of \"error\", \"warning\""),
    Wrong("[web]\nlisten = \"\"", 2, "not an address"),
    Wrong("[web]\ntimezone = \"Europe/Nowhere\"", 2, "not a time zone"),
    Wrong("[web]\ntimezone = \"../../../etc/passwd\"", 2, "not a time zone"),
    Wrong("[web]\nallow_origins = [\"https://shop.example/\"]", 2, "no origin"),
    Wrong("[web]\nallow_origins = [\"shop.example\"]", 2, "no origin"),
    Wrong("[web]\nread_user = \"a:b\"", 2, "without a colon"),
    Wrong("[web]\n[web.write_keys]\n\"a b\" = \"k\"", 3, "not a name"),
    Wrong("[web]\n[web.write_keys]\na = 5", 3, "a whole number, where the key is needed"),
    Wrong("[web]\n[web.write_keys]\na = \"k\"\nb = \"k\"", 4, "the same key as that of a"),
    Wrong("[web]\nanonymize_ip = 1", 2, "where true or false is needed"),
    Wrong("[outbox\n", 1, "not TOML"),
    Wrong("[log]\nlevel = \"info\"\nlevel = \"info\"", 3, "not TOML"),
]

private let conflicts: [Wrong] = [
    Wrong("[intake]\nudp = \"0.0.0.0:7780\"", 2, "set intake.udp_allow"),
    Wrong("[intake]\nstream_socket = \"\"\ndatagram_socket = \"\"\nudp = \"\"", 2, "no event could come in"),
    Wrong("[intake]\n\nstream_socket = \"/run/clickd//clickd.dgram\"", 3, "each socket needs its own path"),
    Wrong("[control]\nsocket = \"/run/clickd/clickd.sock\"", 2, "each socket needs its own path"),
    Wrong("[outbox]\npath = \"/run/clickd/clickd.sock\"", 2, "write a folder of its own"),
    Wrong("[control]\nsocket = \"/var/lib/clickd/outbox/c\"", 2, "belongs to the outbox alone"),
    Wrong("[pipeline]\nroles = []", 2, "nothing to do"),
    Wrong("[pipeline]\nroles = [\"intake\"]", 2, "they share the outbox"),
    Wrong("[pipeline]\nmode = \"direct\"\nroles = [\"consumer\"]", 3, "nothing to consume from"),
    Wrong("[kafka]\npartitions = 12", 2, "no effect while kafka.create_topic is false"),
    Wrong("[kafka]\nreplication = 1", 2, "no effect while kafka.create_topic is false"),
    Wrong("[mongodb]\nuri = \"mongodb://a\"\nuri_file = \"/nowhere\"", 3, "both set"),
    Wrong("[web]\nread_user = \"me\"", 2, "without web.read_password_file"),
    Wrong("[web]\nread_password_file = \"/x\"", 2, "without web.read_user"),
    Wrong("[web]\nread_listen = \"0.0.0.0:8081\"", 2, "set web.read_user"),
    Wrong("[web]\nlisten = \"[::]:8080\"", 2, "set web.write_keys"),
    Wrong("[web]\nallow_origins = [\"*\", \"https://a.example\"]", 2, "write it alone"),
    Wrong("[web]\nread_listen = \"127.0.0.1:8080\"", 2, "which web.listen takes already"),
    Wrong("[metrics]\nlisten = \"0.0.0.0:8081\"", 2, "which web.read_listen takes already"),
]

@Suite("Every mistake is a sentence with its line") struct MistakesTests {
    @Test("a wrong value is refused at its line, and says what is right", arguments: values + conflicts)
    func refused(_ wrong: Wrong) throws {
        let mistakes = try load(wrong.text).mistakes
        #expect(
            mistakes.contains { $0.line == wrong.line && $0.text.contains(wrong.fragment) },
            "\(mistakes.map(\.description))")
    }

    @Test(
        "what clickd fixes in Kafka's clients is refused with the reason",
        arguments: [
            "acks", "request.required.acks", "enable.idempotence", "message.timeout.ms", "delivery.timeout.ms",
            "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "partition.assignment.strategy",
            "bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", "transactional.id",
        ])
    func fixed(_ name: String) throws {
        for table in ["client", "producer", "consumer"] {
            for key in ["\"\(name)\"", name, "\"\(name)_file\""] {
                let mistakes = try load("[kafka.\(table)]\nclient.id = \"x\"\n\(key) = \"1\"").mistakes
                #expect(mistakes.map(\.line) == [3])
                #expect(mistakes.first?.text.contains("not yours to set: ") == true)
            }
        }
    }

    @Test("properties that are given twice, have no text, or whose secret cannot be read are refused")
    func properties() throws {
        let text = """
            [kafka.client]
            "sasl.password" = "hunter2"
            "sasl.password_file" = "/nowhere"
            "ssl.key.password_file" = "/nowhere"
            "a b" = 1
            "x" = [1]
            "y_file" = "relative"
            """
        let mistakes = try load(text).mistakes
        #expect(mistakes.map(\.line) == [3, 4, 5, 6, 7])
        #expect(!mistakes.map(\.description).joined().contains("hunter2"))
    }

    @Test("all mistakes are reported at once, in the order of the lines")
    func several() throws {
        let text =
            "[web]\nlisten = \"x\"\n[outbox]\npath = \"y\"\nmax_bytes = 1\nzzz = 1\n[log]\nlevel = 4\n[host]\nname = 1"
        let mistakes = try load(text, environment: ["CLICKD_HOST_NAM": "x"]).mistakes
        #expect(mistakes.map(\.line) == [2, 4, 5, 6, 8, 10, nil])
        #expect(mistakes.last?.description.hasPrefix("CLICKD_HOST_NAM: ") == true)
    }

    @Test("a secret is never part of a message")
    func silent() throws {
        let text = "[mongodb]\nuri = \"mysql://u:hunter2@x\"\n[web]\nwrite_keys = { shop = \"hunter2:\" }"
        let mistakes = try load(text).mistakes
        #expect(mistakes.count == 2)
        #expect(!mistakes.map(\.description).joined().contains("hunter2"))
    }

    @Test("a hostile file is an error and not a crash")
    func hostile() throws {
        let deep = String(repeating: "a.", count: 200_000)
        for text in [
            "\(deep)a = 1", "[kafka.client.\(deep)a]", "x = \(String(repeating: "[", count: 50_000))", "\0",
            String(repeating: "# 10 MB #\n", count: 1_000_000), String(repeating: "# 20 MB #\n", count: 2_000_000),
            "\"\u{7}\u{1B}[31m\" = 1",
        ] {
            let mistakes = try load(text).mistakes
            #expect(!mistakes.isEmpty)
            #expect(!mistakes.map(\.description).joined().utf8.contains { $0 < 32 })
        }
    }
}
