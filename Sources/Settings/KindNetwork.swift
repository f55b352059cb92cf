// How addresses, ranges, brokers, connection strings, origins and time zones are read.
import Linux

private let addressRule = "an IP address and a port, e.g. \"127.0.0.1:8080\" or \"[::1]:8080\""

extension Kind where Value == ListenAddress {
    static var address: Kind {
        Kind(rule: addressRule) { given throws(Refusal) in
            guard let address = ListenAddress(try given.string()) else {
                throw Refusal("not an address; write \(addressRule)")
            }
            return address
        } show: {
            quoted($0.description)
        }
    }
}

extension Kind where Value == ListenAddress? {
    static var optionalAddress: Kind {
        Kind(rule: "\(addressRule); \"\": none") { given throws(Refusal) in
            if try given.string().isEmpty { return nil }
            return try Kind<ListenAddress>.address.read(given)
        } show: {
            quoted($0?.description ?? "")
        }
    }
}

extension Kind where Value == [AddressRange] {
    static var ranges: Kind {
        Kind(rule: "a list of address ranges, e.g. [\"10.0.0.0/8\", \"fd00::/8\"]") { given throws(Refusal) in
            var ranges: [AddressRange] = []
            for text in try given.strings() {
                guard let range = AddressRange(text) else {
                    throw Refusal(
                        "\(quoted(text)) is not an address range; write e.g. \"10.0.0.0/8\", with no bits set after the prefix"
                    )
                }
                ranges.append(range)
            }
            return ranges
        } show: { ranges in
            "[\(ranges.map { quoted($0.description) }.joined(separator: ", "))]"
        }
    }
}

extension Kind where Value == String {
    static var brokers: Kind {
        let rule = "host:port, commas between, e.g. \"kafka1:9092,kafka2:9092\""
        return Kind(rule: rule) { given throws(Refusal) in
            let brokers = try given.string().split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
            for broker in brokers {
                if broker.contains("://") {
                    throw Refusal("\(quoted(broker)) has a protocol in front; set security.protocol in [kafka.client]")
                }
                let colon = broker.lastIndex(of: ":")
                let host = broker[..<(colon ?? broker.endIndex)]
                let port = colon.map { broker[broker.index(after: $0)...] } ?? "9092"
                guard isPlain(String(host), bytes: 1...255), !host.contains(" "), UInt16(port) ?? 0 > 0 else {
                    throw Refusal("\(quoted(broker)) is no broker; write \(rule)")
                }
            }
            return brokers.joined(separator: ",")
        } show: {
            quoted($0)
        }
    }

    static var timezone: Kind {
        Kind(rule: "a name of the tz database, e.g. \"Europe/Berlin\"") { given throws(Refusal) in
            let name = try given.string()
            if name == "UTC" { return name }
            let isName = !name.hasPrefix("/") && !name.hasSuffix("/") && isPlain(name, bytes: 1...64)
            var status = stat()
            guard isName, !name.contains(".."), stat("/usr/share/zoneinfo/\(name)", &status) == 0,
                status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG)
            else {
                throw Refusal(
                    "not a time zone of this host; write e.g. \"UTC\" or \"Europe/Berlin\" (they come with tzdata)")
            }
            return name
        } show: {
            quoted($0)
        }
    }
}

extension Kind where Value == Secret {
    static var mongoURI: Kind {
        Kind(rule: "mongodb://… or mongodb+srv://…") { given throws(Refusal) in
            let uri = try given.string()
            if let fault = mongoURIFault(uri) { throw Refusal(fault) }
            return Secret(uri)
        } show: {
            quoted($0.revealed)
        }
    }
}

/// What is wrong with a connection string, without quoting it; nil when nothing is.
func mongoURIFault(_ uri: String) -> String? {
    let schemes = ["mongodb://", "mongodb+srv://"]
    guard let scheme = schemes.first(where: { uri.hasPrefix($0) }) else {
        return "not a connection string; it begins with mongodb:// or mongodb+srv://"
    }
    guard uri.utf8.count > scheme.utf8.count, isPlain(uri, bytes: 1...65536) else {
        return "not a connection string: no host in it, or control characters"
    }
    return nil
}

extension Kind where Value == [String] {
    static var origins: Kind {
        let rule = "a list of origins as browsers send them, e.g. [\"https://shop.example\"], or [\"*\"]"
        return Kind(rule: rule) { given throws(Refusal) in
            let origins = try given.strings()
            for origin in origins where origin != "*" {
                let rest = ["https://", "http://"].first { origin.hasPrefix($0) }.map {
                    origin.dropFirst($0.count)
                }
                guard let rest, !rest.isEmpty, isPlain(origin, bytes: 1...255),
                    !rest.contains(where: { "/?#@ *".contains($0) }), origin == origin.lowercased()
                else {
                    throw Refusal(
                        "\(quoted(origin)) is no origin; write scheme, host and port in small letters without a path, e.g. \"https://shop.example\""
                    )
                }
            }
            return origins
        } show: { origins in
            "[\(origins.map(quoted).joined(separator: ", "))]"
        }
    }
}

extension Kind where Value == String? {
    static var readUser: Kind {
        Kind(rule: "1 to 64 bytes, no colon; \"\": none") { given throws(Refusal) in
            let name = try given.string()
            if name.isEmpty { return nil }
            guard isPlain(name, bytes: 1...64), !name.contains(":") else {
                throw Refusal("not a name; write 1 to 64 bytes without a colon")
            }
            return name
        } show: {
            quoted($0 ?? "")
        }
    }
}
