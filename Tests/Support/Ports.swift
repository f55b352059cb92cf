// Loopback ports for what a test listens on: each is given out once in the life of this process.
import Linux
import Synchronization

public enum Ports {
    /// Below the ports of the test run's own servers, which may be down for a while, and of outgoing connections.
    private static let range = 10_000..<20_000
    private static let next = Atomic<Int>(Int.random(in: 0..<10_000))

    /// A port of 127.0.0.1 that nobody listens on, neither with TCP nor with UDP.
    public static func one() -> Int {
        while true {
            let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
            let port = range.lowerBound + turn % range.count
            if isFree(port, SOCK_STREAM), isFree(port, SOCK_DGRAM) { return port }
        }
    }

    private static func isFree(_ port: Int, _ kind: __socket_type) -> Bool {
        let raw = socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return false }
        let descriptor = FileDescriptor(owning: raw)
        // A server may listen where a closed connection still waits for its end.
        if kind == SOCK_STREAM { LocalSocket.set(SO_REUSEADDR, 1, on: descriptor.raw) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
