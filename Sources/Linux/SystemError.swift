// A failed system call: what was tried, errno, and its text.

public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, in words with the object's name: "bind /run/clickd/clickd.sock".
    public let operation: String
    /// errno
    public let code: Int32

    public init(_ operation: String, code: Int32 = clickd_errno()) {
        self.operation = operation
        self.code = code
    }

    /// The C library's text for the code.
    public var text: String { SystemError.text(of: code) }

    public var description: String { "\(operation): \(text)" }

    /// `strerror` for any thread.
    public static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard let text = clickd_error_text(code, &buffer, buffer.count) else { return "error \(code)" }
        return String(cString: text)
    }
}
