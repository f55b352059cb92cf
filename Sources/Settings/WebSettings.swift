// [web]: clickd-web, the collector and the dashboards. clickd checks it too, so that one check of the file is enough.

/// What stands in `[web]`.
public struct WebSettings: Sendable, Equatable {
    /// A key that senders must show, and the name stored for it.
    public struct WriteKey: Sendable, Equatable {
        /// Stored as `source`. 1 to 64 of letters, digits, `.`, `_`, `-`.
        public let name: String
        /// What the sender shows. 1 to 256 bytes.
        public let key: Secret

        public init(name: String, key: Secret) {
            self.name = name
            self.key = key
        }
    }

    /// Address of collector, clickd.js and shop. Default 127.0.0.1:8080. Not loopback: needs `writeKeys`.
    public var listen: ListenAddress = .loopback(port: 8080)
    /// Address of dashboards, API, OData and exports. Default 127.0.0.1:8081. Not loopback: needs `readUser`.
    public var readListen: ListenAddress = .loopback(port: 8081)
    /// Time zone that days in reports follow, a name of the tz database. Default UTC.
    public var timezone: String = "UTC"
    /// Keys of senders, in the file's order; empty: any key or none will do, loopback only. Default empty.
    public var writeKeys: [WriteKey] = []
    /// Name asked of readers, 1 to 64 bytes, no colon; nil (`""`): none is asked. Default nil.
    public var readUser: String?
    /// The file that `readPassword` was read from, absolute path; nil (`""`): none. Default nil.
    public var readPasswordFile: String?
    /// The readers' password; nil: none is asked, or clickd-web's secrets were not asked for. Default nil.
    public var readPassword: Secret?
    /// Origins that browsers may send from, e.g. "https://shop.example", or "*". Default empty.
    public var allowOrigins: [String] = []
    /// Whether X-Forwarded-For is believed. Default false.
    public var trustProxy: Bool = false
    /// Whether addresses are cut to /24 or /48 before they are stored. Default true.
    public var anonymizeIP: Bool = true
    /// Whether Global Privacy Control is honoured. Default true.
    public var respectGPC: Bool = true

    public init() {}
}

extension WebSettings {
    static var keys: [Key] {
        [
            Key(
                "web.listen", \.web.listen, .address, "Collector, clickd.js and shop; not loopback needs write_keys.",
                reload: .restart),
            Key(
                "web.read_listen", \.web.readListen, .address,
                "Dashboards, API, OData, exports; not loopback needs read_user.", reload: .restart),
            Key("web.timezone", \.web.timezone, .timezone, "The time zone of days in reports.", reload: .restart),
            Key(
                table: "web.write_keys", \.web.writeKeys, rule: WriteKeys.rule,
                "Keys of senders; {}: any or none, loopback only.", reload: .live
            ) {
                let (keys, remarks) = WriteKeys.read($0)
                $2.web.writeKeys = keys
                return remarks
            },
            Key("web.read_user", \.web.readUser, .readUser, "Name asked of readers.", reload: .live),
            Key(
                "web.read_password_file", \.web.readPasswordFile, .secretFile, "A file with the readers' password.",
                holds: .readPassword, reload: .live),
            Key(
                "web.allow_origins", \.web.allowOrigins, .origins,
                "Pages of other origins that may send from browsers.", reload: .live),
            Key(
                "web.trust_proxy", \.web.trustProxy, .flag,
                "Believe X-Forwarded-For; only behind a proxy that sets it.", reload: .live),
            Key(
                "web.anonymize_ip", \.web.anonymizeIP, .flag, "Cut addresses to /24 or /48 before they are stored.",
                reload: .live),
            Key(
                "web.respect_gpc", \.web.respectGPC, .flag, "Leave people out who send Global Privacy Control.",
                reload: .live),
        ]
    }
}
