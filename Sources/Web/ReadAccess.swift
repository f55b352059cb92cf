// Who may read: whoever knows name and password, or, where none are set, whoever sits at this host. A proxy in front, or
// a name made to point here, is not this host. Wrong passwords are counted by address and soon refused unread.
import Collector
import HTTP
import Linux
import Settings

package struct ReadAccess: Sendable {
    private let user: [UInt8]
    private let password: [UInt8]?
    private let trustsProxy: Bool
    private let tries: Guarded<TryLimit>

    /// `old`: wrong passwords that were counted stay counted.
    init(_ settings: WebSettings, tries old: ReadAccess? = nil) {
        tries = old?.tries ?? Guarded(TryLimit())
        user = Array((settings.readUser ?? "").utf8)
        password = settings.readUser == nil ? nil : settings.readPassword.map { Array($0.revealed.utf8) } ?? []
        trustsProxy = settings.trustProxy
    }

    /// The answer to who may not read; nil: go on.
    func refusal(_ request: Request) -> Response? {
        guard let password else {
            return ReadAccess.isAtHome(
                host: request.text("Host"), forwarding: ReadAccess.proxyHeaders.contains { request.header($0) != nil })
                ? nil : ReadAccess.notAtHome
        }
        // Whether the program is well is no secret, and who asks is a machine.
        if request.path == "/healthz" { return nil }
        guard let header = request.header("Authorization") else { return ReadAccess.asks }
        let forwarded = trustsProxy ? request.text("X-Forwarded-For").flatMap(ClientAddress.forwarded) : nil
        let address = forwarded ?? request.peer
        guard tries.withLock({ $0.allows(address, .now) }) else { return ReadAccess.tooMany }
        if let given = BasicCredentials.read(header) {
            // Both are compared, so that the time does not tell which was wrong.
            let isUser = SameBytes.inConstantTime(user, given.name)
            let isPassword = SameBytes.inConstantTime(password, given.password)
            if isUser, isPassword { return nil }
        }
        tries.withLock { $0.failed(address, .now) }
        return ReadAccess.asks
    }

    /// Whether a request without a password comes from this host itself.
    package static func isAtHome(host: String?, forwarding: Bool) -> Bool {
        guard !forwarding, let host = host?.lowercased() else { return false }
        let name: Substring
        if host.hasPrefix("[") {
            name = host.dropFirst().prefix { $0 != "]" }
        } else {
            name = host.prefix { $0 != ":" }
        }
        if name == "localhost" { return true }
        guard let bytes = ClientAddress.parse(name) else { return false }
        return bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
            || bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255 && bytes[12] == 127
    }

    private static let proxyHeaders: [StaticString] = [
        "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    ]
    private static let asks = Plain.json(
        401, "unauthorized", "name and password are needed",
        [("WWW-Authenticate", "Basic realm=\"clickd\", charset=\"UTF-8\"")])
    private static let notAtHome = Plain.json(
        403, "only_this_host",
        "without web.read_user this is shown to this host only: ask for it at 127.0.0.1 or localhost, without a proxy")
    private static let tooMany = Plain.json(
        429, "too_many_tries", "too many wrong passwords from this address; wait a minute", [("Retry-After", "60")])
}

/// Counts wrong passwords by address (IPv6 by /64): ten, and one more every six seconds. Pure but for the clock it is given.
package struct TryLimit {
    private static let burst = 10.0
    private static let perSecond = 1.0 / 6
    private static let mostAddresses = 10_000

    package init() {}

    private var addresses: [[UInt8]: (spent: Double, at: Monotonic)] = [:]

    package func allows(_ address: [UInt8], _ now: Monotonic) -> Bool {
        spent(key(address), now) <= TryLimit.burst - 1
    }

    package mutating func failed(_ address: [UInt8], _ now: Monotonic) {
        let key = key(address)
        if addresses.count >= TryLimit.mostAddresses, addresses[key] == nil {
            addresses = addresses.filter { spent($0.key, now) > 0 }
            // So many at once are one attacker: all of them wait.
            if addresses.count >= TryLimit.mostAddresses { return }
        }
        addresses[key] = (min(TryLimit.burst, spent(key, now) + 1), now)
    }

    private func spent(_ key: [UInt8], _ now: Monotonic) -> Double {
        guard let entry = addresses[key] else {
            return addresses.count >= TryLimit.mostAddresses ? TryLimit.burst : 0
        }
        return max(0, entry.spent - Monotonic.seconds(from: entry.at, to: now) * TryLimit.perSecond)
    }

    private func key(_ address: [UInt8]) -> [UInt8] {
        let isMapped = address.count == 16 && address[10] == 255 && address[11] == 255
        return isMapped ? address : Array(address.prefix(8))
    }
}
