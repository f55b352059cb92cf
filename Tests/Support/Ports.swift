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
            let hasListener = (try? HTTPClient(port: port, seconds: 1)) != nil
            if !hasListener, (try? LocalSocket.bindUDP(address: "127.0.0.1", port: UInt16(port))) != nil { return port }
        }
    }
}
