// Fire-and-forget senders over the Unix datagram socket and UDP.
import Linux
import Settings

/// Events by the two ways that nobody answers.
struct DatagramSender: ~Copyable {
    /// -1 where that input is off.
    private let unix: Int32
    private let udp: Int32
    private let port: UInt16

    init(_ settings: IntakeSettings) {
        unix = settings.datagramSocket.flatMap { try? LocalSocket.connect(.datagram, path: $0).release() } ?? -1
        port = settings.udp?.port ?? 0
        let isUDP = settings.udp?.isIPv4 == true
        let raw = isUDP ? socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) : -1
        udp = raw
    }

    deinit {
        if unix >= 0 { close(unix) }
        if udp >= 0 { close(udp) }
    }

    func sendUnix(_ bytes: [UInt8]) -> Bool {
        guard unix >= 0 else { return false }
        return send(unix, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) == bytes.count
    }

    func sendUDP(_ bytes: [UInt8]) -> Bool {
        guard udp >= 0 else { return false }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(udp, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == bytes.count
            }
        }
    }
}
