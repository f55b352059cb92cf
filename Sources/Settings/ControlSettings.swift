// [control]: the socket by which `clickd status` and the other commands ask the daemon.

/// What stands in `[control]`.
public struct ControlSettings: Sendable, Equatable {
    /// Path of the Unix socket, absolute, at most 107 bytes. Default /run/clickd/control.sock.
    public var socket: String = "/run/clickd/control.sock"
    /// Permission bits of the socket, 0 to 0o777. Default 0o660.
    public var socketMode: UInt32 = 0o660
    /// Group (gid) that the socket is given; nil (`""`): left as created. Default nil.
    public var socketGroup: UInt32?

    public init() {}
}

extension ControlSettings {
    static var keys: [Key] {
        [
            Key(
                "control.socket", \.control.socket, .socketPath, "Where clickd's commands ask the daemon.",
                reload: .restart),
            Key(
                "control.socket_mode", \.control.socketMode, .mode, "Who may ask, by the file system's rules.",
                reload: .restart),
            Key(
                "control.socket_group", \.control.socketGroup, .group, "The group that the socket is given.",
                reload: .restart),
        ]
    }
}
