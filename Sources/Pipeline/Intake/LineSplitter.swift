// A connection's bytes cut into lines at LF, wherever the reads end: only the beginning of an unfinished line is copied.
// A line beyond the limit is handed on once, cut, and skipped to its LF. Belongs to the intake thread.
import Linux

package struct LineSplitter: ~Copyable {
    private var partial = PartialLine()
    /// In a line beyond the limit: everything up to its end is skipped.
    private var isSkipping = false

    package init() {}

    /// Hands on every line that ends in `bytes`, without its LF, until `body` says false: then nothing more is of interest.
    /// `limit`: of an event's bytes. Behind `bytes` JSONParser.padding is readable, as it is behind every line.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, limit: Int, _ body: (UnsafeRawBufferPointer) -> Bool
    ) {
        var rest = bytes
        while let base = rest.baseAddress, let found = memchr(base, 0x0A, rest.count) {
            let length = UnsafeRawPointer(found) - base
            let line = UnsafeRawBufferPointer(start: base, count: length)
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
            var goesOn = true
            if isSkipping {
                isSkipping = false
            } else if partial.count > 0 {
                partial.append(line)
                goesOn = body(partial.bytes)
                partial.clear()
            } else {
                goesOn = body(line)
            }
            guard goesOn else { return }
        }
        guard !isSkipping, rest.count > 0 else { return }
        partial.append(rest)
        // A CR may stand behind an event of the longest kind.
        if partial.count > limit + 1 {
            // Blanks alone may yet be a blank line, which is not counted, or a line that is refused: its end tells.
            if LineShape.isBlank(partial.bytes) { return partial.shorten(to: limit + 1) }
            _ = body(partial.bytes)
            partial.clear()
            isSkipping = true
        }
    }

    /// The stream's end: a last line without LF is one all the same.
    package mutating func finish(_ body: (UnsafeRawBufferPointer) -> Bool) {
        if partial.count > 0, !isSkipping { _ = body(partial.bytes) }
        partial.clear()
    }
}
