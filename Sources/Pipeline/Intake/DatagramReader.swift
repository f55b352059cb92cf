// Datagrams of Unix and UDP sockets, many a system call. Who may not send is left out; what the kernel says it dropped
// is counted from a baseline, since a socket that was inherited has a history.
import Linux
import Settings

struct DatagramReader: ~Copyable {
    let slots = 32
    private var ring: OpaquePointer
    private var slotBytes: Int
    private var allowUsers: [UInt32]
    private var udpAllow: [AddressRange]
    private var dropped: [Int32: Int64] = [:]
    private var lost = 0
    private var cut = 0

    init(settings: IntakeSettings) throws(SystemError) {
        let slotBytes = DatagramReader.slotBytes(settings)
        self.init(ring: try DatagramReader.makeRing(slotBytes), slotBytes: slotBytes, settings: settings)
    }

    /// Cannot fail: Swift 6.0 miscompiles a throw among initial values.
    private init(ring: OpaquePointer, slotBytes: Int, settings: IntakeSettings) {
        self.ring = ring
        self.slotBytes = slotBytes
        allowUsers = settings.allowUsers
        udpAllow = settings.udpAllow
    }

    deinit { clickd_datagrams_destroy(ring) }

    /// Room for the largest event with a syslog header; more than a few KiB of it is touched only when it comes.
    private static func slotBytes(_ settings: IntakeSettings) -> Int {
        max(256 << 10, settings.maxEventBytes + (8 << 10))
    }

    private static func makeRing(_ slotBytes: Int) throws(SystemError) -> OpaquePointer {
        guard let ring = clickd_datagrams_create(32, slotBytes) else {
            throw SystemError("datagram ring", code: ENOMEM)
        }
        return ring
    }

    /// Goes on by new rules; what was counted stays.
    mutating func adopt(_ settings: IntakeSettings) throws(SystemError) {
        let wanted = DatagramReader.slotBytes(settings)
        if wanted != slotBytes {
            let larger = try DatagramReader.makeRing(wanted)
            clickd_datagrams_destroy(ring)
            ring = larger
            slotBytes = wanted
        }
        allowUsers = settings.allowUsers
        udpAllow = settings.udpAllow
    }

    /// Reads what waits, up to `slots`; how many came. Behind every text JSONParser.padding is readable.
    mutating func receive(_ fd: Int32, isUDP: Bool, _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        let count = Int(clickd_datagrams_receive(ring, fd))
        guard count > 0 else { return 0 }
        let total = clickd_datagrams_dropped(ring)
        if total >= 0 {
            // The kernel's counter has 32 bits.
            if let before = dropped[fd] { lost += Int((total - before) & 0xFFFF_FFFF) } else { lost += Int(total) }
            dropped[fd] = total
        }
        for index in 0..<count {
            let datagram = clickd_datagrams_at(ring, UInt32(index))
            guard isAllowed(datagram, isUDP: isUDP) else { continue }
            if datagram.truncated {
                cut += 1
                continue
            }
            body(UnsafeRawBufferPointer(start: datagram.bytes, count: datagram.length))
        }
        return count
    }

    /// Datagrams lost since the last call.
    mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }

    /// Datagrams since the last call that were longer than any event: each counts as one that is too large.
    mutating func takeCut() -> Int {
        defer { cut = 0 }
        return cut
    }

    private func isAllowed(_ datagram: clickd_datagram, isUDP: Bool) -> Bool {
        if !isUDP { return allowUsers.isEmpty || allowUsers.contains(datagram.uid) }
        guard !udpAllow.isEmpty else { return true }
        return withUnsafeBytes(of: datagram.source) { source in udpAllow.contains { $0.contains(source) } }
    }
}
