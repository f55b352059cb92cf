// web.write_keys: names for `source` and the key that a sender of each must show. Keys are never put into messages.
import TOML

enum WriteKeys {
    static let rule = "a table of name = \"key\": names 1 to 64 of letters, digits, . _ -, keys 1 to 256 bytes"

    /// The keys of the table, and what is wrong with them.
    static func read(_ entries: [TOMLEntry]) -> ([WebSettings.WriteKey], [Remark]) {
        var keys: [WebSettings.WriteKey] = []
        var remarks: [Remark] = []
        for entry in entries {
            let name = "web.write_keys.\(entry.key)"
            var fault: String?
            if !isToken(entry.key, bytes: 1...64) {
                fault = "not a name; write 1 to 64 of letters, digits, dot, underscore, hyphen"
            }
            if case .string(let text) = entry.value.content {
                let key = Secret(text)
                if !isPlain(text, bytes: 1...256) || text.contains(":") {
                    fault = "not a key; write 1 to 256 bytes without control characters and colons"
                } else if let other = keys.first(where: { $0.key == key }) {
                    fault = "the same key as that of \(other.name); each name needs its own"
                }
                if fault == nil { keys.append(WebSettings.WriteKey(name: entry.key, key: key)) }
            } else {
                fault = "\(noun(entry.value)), where the key is needed as a string in quotes"
            }
            if let fault { remarks.append(Remark(key: name, position: entry.position, text: "\(name): \(fault)")) }
        }
        return (keys, remarks)
    }
}
