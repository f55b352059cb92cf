// [host]: how this machine is called in events and status.
import Linux

/// What stands in `[host]`.
public struct HostSettings: Sendable, Equatable {
    /// Written into every event as `host`. 1 to 255 bytes, no control characters. Default: the host's own name
    /// (`""` in the file).
    public var name: String = HostSettings.ownName

    public init() {}

    /// The kernel's name for this host; "localhost" where it has none.
    public static let ownName: String = {
        var bytes = [CChar](repeating: 0, count: 256)
        let failed = gethostname(&bytes, bytes.count - 1) != 0
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return failed || name.isEmpty ? "localhost" : name
    }()
}

extension HostSettings {
    static var keys: [Key] {
        [Key("host.name", \.host.name, .hostName, "The name of this host in events and status.", reload: .restart)]
    }
}
