// What all events of one request share because of who sent it: the key's name, the address, the user agent, and whether
// the visitor asked not to be followed. Plain values: made from a request's headers elsewhere.

public struct Origin: Sendable {
    /// `"source":"shop",`, or nothing where no key is asked for.
    public var sourceMember: [UInt8] = []
    /// The client's address as it is to be stored; empty: none.
    public var address: [UInt8] = []
    /// The request's User-Agent; empty: none.
    public var userAgent: [UInt8] = []
    /// Whether a browser sent it, so that `userAgent` is the visitor's and not a server's.
    public var isBrowser = false
    /// The visitor's Global Privacy Control is on, and is honoured.
    public var isPrivate = false
    /// Addresses inside events are cut too.
    public var anonymizes = true

    public init() {}

    /// The member that names the key's holder.
    public static func sourceMember(_ name: String) -> [UInt8] { Array("\"source\":\"\(name)\",".utf8) }
}
