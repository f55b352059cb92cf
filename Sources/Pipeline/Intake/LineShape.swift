// What a line looks like from outside: blank, a hello, with a CR or a syslog header around its event.
import Linux

package enum LineShape {
    package static func withoutCarriageReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let last = line.last, last == 0x0D else { return line }
        return UnsafeRawBufferPointer(rebasing: line.dropLast())
    }

    /// Nothing but space, tab and CR.
    package static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        for byte in line where byte != 0x20 && byte != 0x09 && byte != 0x0D { return false }
        return true
    }

    package static func isHello(_ line: UnsafeRawBufferPointer) -> Bool { line.starts(with: "CLICKD/".utf8) }

    package static func isAcknowledgedHello(_ line: UnsafeRawBufferPointer) -> Bool {
        line.elementsEqual("CLICKD/1 ACK".utf8)
    }

    /// What follows a syslog header `<pri>…`: everything from the first brace.
    package static func withoutSyslogHeader(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let base = line.baseAddress, line.first == UInt8(ascii: "<"), let brace = memchr(base, 0x7B, line.count)
        else { return line }
        let skipped = UnsafeRawPointer(brace) - base
        return UnsafeRawBufferPointer(rebasing: line[skipped...])
    }

    package static func forEachLine(_ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var rest = text
        while let base = rest.baseAddress, let found = memchr(base, 0x0A, rest.count) {
            let length = UnsafeRawPointer(found) - base
            body(UnsafeRawBufferPointer(start: base, count: length))
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
        }
        if rest.count > 0 { body(rest) }
    }
}
