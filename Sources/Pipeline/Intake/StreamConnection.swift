// One sender on the stream socket: how far its lines are read and settled, and the answers that wait to be sent.
// Belongs to the intake thread.
import Events
import Linux

package final class StreamConnection {
    /// Unread answers beyond this stop reading from the connection.
    static let maxAnswerBytes = 64 << 10

    package enum Hello { case awaited, none, acknowledged }

    let descriptor: FileDescriptor
    /// Its number for marks; never used twice.
    let id: Int
    package var hello = Hello.awaited
    /// Lines read (blank ones and the hello apart), the last of them stored or refused.
    package var lines = 0
    /// Lines that are committed or refused, and how many of them the sender was told.
    private(set) var settled = 0
    private var told = 0
    var splitter = LineSplitter()
    /// No more lines will come; it closes when all are settled and told.
    package var isEnded = false
    /// Whether the poller watches for reading, and for writing.
    var watchesRead = true
    var watchesWrite = false
    /// Where this connection's mark stands in the batch being filled, and which batch that is.
    var markIndex = 0
    var markBatch = -1
    private var answers: [UInt8] = []
    private var sent = 0
    private var cannotAnswer = false

    package init(descriptor: consuming FileDescriptor, id: Int) {
        self.descriptor = descriptor
        self.id = id
    }

    package var waitingAnswerBytes: Int { answers.count - sent }
    package var isDone: Bool {
        isEnded && settled >= lines && (cannotAnswer || (waitingAnswerBytes == 0 && told >= settled))
    }

    package func refuse(line: Int, _ rejection: Rejection) {
        guard hello == .acknowledged else { return }
        answer("NO \(line) \(rejection.code) \(rejection.text)\n")
    }

    package func answer(_ text: String) {
        guard !cannotAnswer else { return }
        answers.append(contentsOf: text.utf8)
    }

    package func settle(upTo line: Int) { settled = max(settled, line) }

    /// Sends what waits; the cumulative OK goes last, behind the refusals it covers. False when the socket is full.
    package func flush() -> Bool {
        while true {
            if waitingAnswerBytes == 0 {
                answers.removeAll(keepingCapacity: answers.capacity <= 4096)
                sent = 0
                guard hello == .acknowledged, settled > told, !cannotAnswer else {
                    if hello != .acknowledged { told = settled }
                    return true
                }
                told = settled
                answers.append(contentsOf: "OK \(settled)\n".utf8)
            }
            let count = answers.withUnsafeBytes { bytes in
                send(descriptor.raw, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, intakeSendFlags)
            }
            if count >= 0 {
                sent += count
            } else if clickd_errno() == EAGAIN || clickd_errno() == EWOULDBLOCK {
                return false
            } else if clickd_errno() != EINTR {
                // The sender reads no more; what it has sent is still taken.
                cannotAnswer = true
                answers.removeAll()
                sent = 0
                return true
            }
        }
    }
}

private let intakeSendFlags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
