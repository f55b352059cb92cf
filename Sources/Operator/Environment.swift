// The variables of this process, for both programs' configuration.
import Linux

package enum Environment {
    /// By name; of a variable given twice the last.
    package static var variables: [String: String] {
        var result: [String: String] = [:]
        var at: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = clickd_environ()
        while let entry = at.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            at += 1
        }
        return result
    }
}
