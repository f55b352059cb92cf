// [intake]: the doors by which events come in, and who may use them.

/// What stands in `[intake]`.
public struct IntakeSettings: Sendable, Equatable {
    /// What happens to a stream connection's events while the outbox is at its limit.
    public enum WhenFull: String, Sendable, CaseIterable {
        /// The connection is not read until there is room.
        case wait
        /// Each event is answered with `NO … full`.
        case refuse
    }

    /// Path of the Unix stream socket, absolute, at most 107 bytes; nil (`""`): none. Default /run/clickd/clickd.sock.
    public var streamSocket: String? = "/run/clickd/clickd.sock"
    /// Path of the Unix datagram socket, likewise. Default /run/clickd/clickd.dgram.
    public var datagramSocket: String? = "/run/clickd/clickd.dgram"
    /// Address for UDP datagrams; nil (`""`): none. Default 127.0.0.1:7780. One that is not loopback needs `udpAllow`.
    public var udp: ListenAddress? = .loopback(port: 7780)
    /// Senders heard over UDP on an address that is not loopback. Default: none.
    public var udpAllow: [AddressRange] = []
    /// Permission bits of both Unix sockets, 0 to 0o777. Default 0o660.
    public var socketMode: UInt32 = 0o660
    /// Group (gid) that both Unix sockets are given; nil (`""`): left as created. Default nil.
    public var socketGroup: UInt32?
    /// Users (uid) whose processes may send over the Unix sockets; empty: whom the mode lets in. Default empty.
    public var allowUsers: [UInt32] = []
    /// Largest event, in bytes of its line. 1 KiB to 512 KiB; default 64 KiB.
    public var maxEventBytes: Int = 64 << 10
    /// Stream connections served at once; more wait in the backlog. 1 to 65535; default 1024.
    public var maxConnections: Int = 1024
    /// What a stream connection meets when the outbox is at its limit. Default `wait`.
    public var whenFull: WhenFull = .wait

    public init() {}
}

extension IntakeSettings {
    static var keys: [Key] {
        [
            Key(
                "intake.stream_socket", \.intake.streamSocket, .optionalSocketPath,
                "The acknowledged way in: Unix stream socket.", reload: .restart),
            Key(
                "intake.datagram_socket", \.intake.datagramSocket, .optionalSocketPath,
                "Unix datagram socket, for senders that cannot wait.", reload: .restart),
            Key(
                "intake.udp", \.intake.udp, .optionalAddress,
                "UDP, for syslog senders; an address other than loopback needs udp_allow.", reload: .restart),
            Key(
                "intake.udp_allow", \.intake.udpAllow, .ranges, "From where UDP is taken when it is not loopback.",
                reload: .live),
            Key(
                "intake.socket_mode", \.intake.socketMode, .mode, "Who may send, by the file system's rules.",
                reload: .restart),
            Key(
                "intake.socket_group", \.intake.socketGroup, .group, "The group that the sockets are given.",
                reload: .restart),
            Key(
                "intake.allow_users", \.intake.allowUsers, .users,
                "Only these users may send; the kernel tells who is asking.", reload: .live),
            Key(
                "intake.max_event_bytes", \.intake.maxEventBytes, .size(1 << 10...512 << 10),
                "A longer event is refused; Kafka's own limit is 1 MB.", reload: .live),
            Key(
                "intake.max_connections", \.intake.maxConnections, .count(1...65535),
                "Stream connections served at once; more wait.", reload: .live),
            Key(
                "intake.when_full", \.intake.whenFull, .choice,
                "While the outbox is full, stream senders wait or are refused.", reload: .live),
        ]
    }
}
