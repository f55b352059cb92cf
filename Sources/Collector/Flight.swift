// What is on its way on one connection: bytes not yet written, requests in the order of their lines, and what clickd
// answered. Pure but for the write; belongs to the link's thread.
import Linux

struct Flight {
    private var output: [UInt8] = []
    private var written = 0
    private var deliveries: [Delivery] = []
    /// Deliveries before this place are settled.
    private var head = 0
    private var lines = 0
    private var settledLines = 0
    /// clickd said something that is no answer.
    private(set) var isBroken = false

    var hasOutput: Bool { written < output.count }
    var isEmpty: Bool { head == deliveries.count }
    var all: ArraySlice<Delivery> { deliveries[head...] }
    var oldest: Monotonic? { isEmpty ? nil : deliveries[head].since }

    mutating func add(_ delivery: Delivery) {
        lines += delivery.count
        delivery.lastLine = lines
        deliveries.append(delivery)
        output.append(contentsOf: delivery.lines)
    }

    /// Writes what the socket takes; false when the connection is broken.
    mutating func write(to socket: Int32) -> Bool {
        while hasOutput {
            let count = output.withUnsafeBytes { bytes in
                send(socket, bytes.baseAddress.map { $0 + written }, bytes.count - written, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if clickd_errno() == EINTR { continue }
                return clickd_errno() == EAGAIN
            }
            written += count
            // What is written goes in large pieces, or the rest would be moved again and again.
            if written == output.count {
                output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
                written = 0
            }
        }
        return true
    }

    /// Takes one line of clickd's: `OK n` or `NO line code text`.
    mutating func answer(_ line: UnsafeBufferPointer<UInt8>) {
        let words = line.split(separator: 0x20, maxSplits: 3)
        guard words.count >= 2, let number = Flight.number(words[1]), number <= lines else {
            isBroken = true
            return
        }
        if words[0].elementsEqual("OK".utf8) {
            settledLines = max(settledLines, number)
        } else if words[0].elementsEqual("NO".utf8), words.count >= 3, number > settledLines {
            refuse(number, String(decoding: words[2], as: UTF8.self), words.count > 3 ? words[3] : line[0..<0])
        } else {
            isBroken = true
        }
    }

    private static func number(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard (1...18).contains(text.count) else { return nil }
        var value = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value
    }

    private func refuse(_ line: Int, _ code: String, _ text: Slice<UnsafeBufferPointer<UInt8>>) {
        // The first delivery whose last line is not before it.
        var low = head
        var high = deliveries.count
        while low < high {
            let middle = (low + high) / 2
            if deliveries[middle].lastLine < line { low = middle + 1 } else { high = middle }
        }
        guard low < deliveries.count else { return }
        let delivery = deliveries[low]
        delivery.refusals.append(
            Link.Refusal(
                line: line - (delivery.lastLine - delivery.count) - 1, code: code,
                text: String(decoding: text, as: UTF8.self)))
    }

    /// The deliveries that the last OK covers, in order, and the bytes of their lines.
    mutating func takeSettled() -> (deliveries: [Delivery], bytes: Int) {
        var settled: [Delivery] = []
        var bytes = 0
        while head < deliveries.count, deliveries[head].lastLine <= settledLines {
            settled.append(deliveries[head])
            bytes += deliveries[head].lines.count
            head += 1
        }
        if head == deliveries.count {
            deliveries.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024 {
            deliveries.removeFirst(head)
            head = 0
        }
        return (settled, bytes)
    }

    /// Tells those that wait since before `moment` that clickd is full; their lines stay, and may be stored yet.
    func giveUp(before moment: Monotonic) {
        for delivery in all {
            guard delivery.since < moment else { return }
            delivery.complete(.full)
        }
    }
}

/// Cuts what a socket gives into lines.
struct AnswerReader {
    private var bytes = [UInt8](repeating: 0, count: 64 << 10)
    private var count = 0

    /// Reads what is there and hands on whole lines; false at the end of the stream.
    mutating func read(from socket: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        guard count < bytes.count else { return false }
        let got = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress.map { $0 + count }, $0.count - count, 0) }
        if got < 0 { return clickd_errno() == EAGAIN || clickd_errno() == EINTR }
        guard got > 0 else { return false }
        count += got
        let end = bytes.withUnsafeBufferPointer { all -> Int in
            var start = 0
            while let found = all[start..<count].firstIndex(of: 0x0A) {
                body(UnsafeBufferPointer(rebasing: all[start..<found]))
                start = found + 1
            }
            return start
        }
        count -= end
        if count > 0, end > 0 {
            bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { memmove(base, base + end, count) } }
        }
        return true
    }
}
