// Reads a small file whole: the configuration and secrets. Nothing of it gets into an error.
import Linux

enum FileText {
    /// Why a file could not be read.
    enum Fault: Error {
        /// errno of the call that failed.
        case code(Int32)
        /// Longer than asked for.
        case tooLong

        /// In words, without the path.
        var text: String {
            switch self {
            case .code(let code): String(cString: strerror(code))
            case .tooLong: "it is too long"
            }
        }
    }

    /// The bytes of the file at `path`, at most `limit`. A pipe or device does not block.
    static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        let file = clickd_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard file >= 0 else { throw .code(clickd_errno()) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Linux.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                let code = clickd_errno()
                if code == EINTR { continue }
                throw .code(code)
            }
            bytes += chunk[..<count]
            if bytes.count > limit { throw .tooLong }
        }
    }

    /// A secret: the file's text without one line break at its end.
    static func secret(_ path: String) throws(Refusal) -> String {
        let bytes: [UInt8]
        do throws(Fault) {
            bytes = try read(path, limit: 1 << 20)
        } catch {
            throw Refusal("the file \(path) cannot be read: \(error.text)")
        }
        guard !bytes.contains(0), var text = String(validatingBytes: bytes) else {
            throw Refusal("the file \(path) is not text")
        }
        if text.utf8.last == UInt8(ascii: "\n") { text = String(text.unicodeScalars.dropLast()) }
        if text.utf8.last == UInt8(ascii: "\r") { text = String(text.unicodeScalars.dropLast()) }
        guard !text.isEmpty else { throw Refusal("the file \(path) is empty") }
        return text
    }
}

extension String {
    /// nil when the bytes are not UTF-8.
    fileprivate init?(validatingBytes bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard Array(text.utf8) == bytes else { return nil }
        self = text
    }
}
