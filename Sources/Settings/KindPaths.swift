// How paths, permission bits, groups and users are read. Names are resolved to numbers when the file is loaded, so
// that a misspelt group stops the start and not the first connection.
import Linux

/// What is wrong with `path`, nil when nothing is. `limit`: most bytes, 107 for a Unix socket's.
private func pathFault(_ path: String, limit: Int) -> String? {
    if !path.hasPrefix("/") { return "not an absolute path; begin it with /" }
    if path.utf8.count > limit { return "\(path.utf8.count) bytes long, where Linux takes \(limit)" }
    if !isPlain(path, bytes: 1...limit) { return "not a path: it has control characters" }
    if path.split(separator: "/").contains("..") { return "a path with \"..\" in it; write it out" }
    return nil
}

extension Kind where Value == String {
    static var folder: Kind { path("a folder, absolute path", limit: 4000) }
    static var socketPath: Kind { path("an absolute path of at most 107 bytes", limit: 107) }

    private static func path(_ rule: String, limit: Int) -> Kind {
        Kind(rule: rule) { given throws(Refusal) in
            let path = try given.string()
            if path.isEmpty { throw Refusal("empty; write \(rule)") }
            if let fault = pathFault(path, limit: limit) { throw Refusal(fault) }
            if path.split(separator: "/").isEmpty { throw Refusal("the root folder; write \(rule)") }
            return path
        } show: {
            quoted($0)
        }
    }
}

extension Kind where Value == String? {
    static var optionalSocketPath: Kind { path("an absolute path of at most 107 bytes; \"\": none", limit: 107) }
    static var secretFile: Kind { path("a file, absolute path; \"\": none", limit: 4000) }

    private static func path(_ rule: String, limit: Int) -> Kind {
        Kind(rule: rule) { given throws(Refusal) in
            let path = try given.string()
            if path.isEmpty { return nil }
            if let fault = pathFault(path, limit: limit) { throw Refusal(fault) }
            return path
        } show: {
            quoted($0 ?? "")
        }
    }
}

extension Kind where Value == UInt32 {
    static var mode: Kind {
        Kind(rule: "permission bits in octal, as a string, \"0000\" to \"0777\"") { given throws(Refusal) in
            if case .toml(let value) = given.content, case .integer = value.content {
                throw Refusal("a number, which would be read as decimal; write the octal digits in quotes, \"0660\"")
            }
            let text = try given.string()
            let isOctal = (3...4).contains(text.utf8.count) && text.utf8.allSatisfy { (48...55).contains($0) }
            guard isOctal, let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                throw Refusal("not permission bits; write \"0000\" to \"0777\", e.g. \"0660\"")
            }
            return mode
        } show: {
            let digits = String($0, radix: 8)
            return "\"" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "\""
        }
    }
}

extension Kind where Value == UInt32? {
    /// A group by name or number, as gid.
    static var group: Kind {
        Kind(rule: "a group's name or number; \"\": as created") { given throws(Refusal) in
            let name = try given.string()
            if name.isEmpty { return nil }
            if let number = identity(name) { return number }
            guard !name.utf8.contains(0), let group = getgrnam(name) else {
                throw Refusal("this host has no such group; create it or write another")
            }
            return group.pointee.gr_gid
        } show: {
            $0.map { "\"\($0)\"" } ?? "\"\""
        }
    }
}

extension Kind where Value == [UInt32] {
    /// Users by name or number, as uids.
    static var users: Kind {
        Kind(rule: "a list of users' names or numbers; []: whom the mode lets in") { given throws(Refusal) in
            var users: [UInt32] = []
            for name in try given.strings() {
                if let number = identity(name) {
                    users.append(number)
                } else if !name.isEmpty, !name.utf8.contains(0), let user = getpwnam(name) {
                    users.append(user.pointee.pw_uid)
                } else {
                    throw Refusal("this host has no user \(quoted(name)); create it or write another")
                }
            }
            return users
        } show: { users in
            "[\(users.map { "\($0)" }.joined(separator: ", "))]"
        }
    }
}

/// A uid or gid in digits. The last of the 32 bits' numbers means "none" to the kernel.
private func identity(_ text: String) -> UInt32? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt32(text), number < UInt32.max
    else { return nil }
    return number
}
