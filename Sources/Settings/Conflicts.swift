// Mistakes that show only when several keys are seen together. Each is put at the key that was given; none is
// reported for a key that has a mistake of its own already.

/// What contradicts itself in otherwise valid settings.
struct Conflicts {
    let settings: Settings
    /// Where each given key was given.
    let places: [String: Mistake.Place]
    /// Keys that have a mistake already.
    let failed: Set<String>
    /// For a conflict among defaults, which cannot be.
    let file: String
    private(set) var mistakes: [Mistake] = []

    init(_ settings: Settings, places: [String: Mistake.Place], failed: Set<String>, file: String) {
        self.settings = settings
        self.places = places
        self.failed = failed
        self.file = file
        intake()
        paths()
        roles()
        kafka()
        mongodb()
        web()
        ports()
    }

    /// A mistake at the first of `keys` that was given.
    private mutating func refuse(_ keys: [String], _ text: String) {
        guard failed.isDisjoint(with: keys) else { return }
        let key = keys.first { places[$0] != nil } ?? keys[0]
        mistakes.append(Mistake(place: places[key] ?? .file(file, line: nil), key: key, text: text))
    }

    private mutating func intake() {
        let intake = settings.intake
        if let udp = intake.udp, !udp.isLoopback, intake.udpAllow.isEmpty {
            refuse(
                ["intake.udp", "intake.udp_allow"],
                "intake.udp is \(udp), which others can reach: set intake.udp_allow to who may send, e.g. [\"10.0.0.0/8\"], or use 127.0.0.1"
            )
        }
        if settings.pipeline.runsIntake, intake.streamSocket == nil, intake.datagramSocket == nil, intake.udp == nil {
            refuse(
                ["intake.stream_socket", "intake.datagram_socket", "intake.udp"],
                "intake.stream_socket, datagram_socket and udp are all off: no event could come in; set one, or leave intake out of pipeline.roles"
            )
        }
    }

    private mutating func paths() {
        let sockets: [(String, String?)] = [
            ("intake.datagram_socket", settings.intake.datagramSocket),
            ("intake.stream_socket", settings.intake.streamSocket), ("control.socket", settings.control.socket),
        ]
        for (index, (key, path)) in sockets.enumerated() {
            guard let path else { continue }
            for (other, otherPath) in sockets[(index + 1)...] where otherPath.map(parts) == parts(path) {
                refuse([key, other], "\(key) and \(other) are both \(quoted(path)); each socket needs its own path")
            }
            if parts(settings.outbox.path).starts(with: parts(path)) {
                refuse(
                    ["outbox.path", key],
                    "outbox.path \(quoted(settings.outbox.path)) is, or lies under, the socket of \(key); write a folder of its own"
                )
            } else if parts(path).starts(with: parts(settings.outbox.path)) {
                refuse(
                    [key, "outbox.path"],
                    "\(key) lies in the outbox's folder \(quoted(settings.outbox.path)), which belongs to the outbox alone; write another path"
                )
            }
        }
    }

    /// A path's parts, so that "/a//b/./c" equals "/a/b/c".
    private func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }

    private mutating func roles() {
        let roles = settings.pipeline.roles
        if roles.isEmpty {
            refuse(
                ["pipeline.roles"], "pipeline.roles is []: nothing to do; write at least one role, e.g. [\"consumer\"]")
        } else if roles.contains(.intake) != roles.contains(.forwarder) {
            refuse(
                ["pipeline.roles"],
                "pipeline.roles has only one of \"intake\" and \"forwarder\": they share the outbox and go together; write both"
            )
        } else if settings.pipeline.mode == .direct, !roles.contains(.intake) {
            refuse(
                ["pipeline.roles", "pipeline.mode"],
                "pipeline.mode is \"direct\", where there is nothing to consume from; pipeline.roles must have \"intake\" and \"forwarder\""
            )
        }
    }

    private mutating func kafka() {
        let kafka = settings.kafka
        guard !kafka.createTopic, !failed.contains("kafka.create_topic") else { return }
        for (key, isSet) in [
            ("kafka.partitions", kafka.partitions != KafkaSettings().partitions),
            ("kafka.replication", kafka.replication != KafkaSettings().replication),
        ] where isSet && settings.pipeline.mode == .kafka {
            refuse(
                [key], "\(key) has no effect while kafka.create_topic is false; set that to true, or leave \(key) out")
        }
    }

    private mutating func mongodb() {
        if places["mongodb.uri"] != nil, settings.mongodb.uriFile != nil {
            refuse(
                ["mongodb.uri_file", "mongodb.uri"],
                "mongodb.uri and mongodb.uri_file are both set, and only one can be; leave uri out to use the file")
        }
    }

    private mutating func web() {
        let web = settings.web
        let keys = ["web.read_user", "web.read_password_file"]
        if web.readUser != nil, web.readPasswordFile == nil {
            refuse(keys, "web.read_user is set without web.read_password_file; set both, or neither")
        } else if web.readUser == nil, web.readPasswordFile != nil {
            refuse(
                ["web.read_password_file", "web.read_user"],
                "web.read_password_file is set without web.read_user; set both, or neither")
        } else if web.readUser == nil, !web.readListen.isLoopback {
            refuse(
                ["web.read_listen"] + keys,
                "web.read_listen is \(web.readListen), which others can reach: set web.read_user and web.read_password_file, or listen on 127.0.0.1"
            )
        }
        if web.writeKeys.isEmpty, !web.listen.isLoopback,
            !failed.contains(where: { $0.hasPrefix("web.write_keys") })
        {
            refuse(
                ["web.listen", "web.write_keys"],
                "web.listen is \(web.listen), which others can reach: set web.write_keys, e.g. { shop = \"…\" }, or listen on 127.0.0.1"
            )
        }
        if web.allowOrigins.contains("*"), web.allowOrigins.count > 1 {
            refuse(
                ["web.allow_origins"],
                "web.allow_origins has \"*\" and others beside it; \"*\" is every origin, write it alone")
        }
    }

    private mutating func ports() {
        let listeners: [(String, ListenAddress?)] = [
            ("web.listen", settings.web.listen), ("web.read_listen", settings.web.readListen),
            ("metrics.listen", settings.metrics.listen),
        ]
        for (index, (key, address)) in listeners.enumerated() {
            for (other, otherAddress) in listeners[(index + 1)...] {
                guard let address, let otherAddress, address.collides(with: otherAddress) else { continue }
                refuse([other, key], "\(other) is \(otherAddress), which \(key) takes already; write another port")
            }
        }
    }
}
