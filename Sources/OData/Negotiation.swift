// Which form an answer takes: $format before Accept, RFC 9110's rule of the most specific range and its weight; and what
// Prefer asks for. Pure.

/// How much an answer says of itself.
public enum MetadataLevel: String, Sendable, CaseIterable { case minimal, full, none }

package enum Form: Sendable, Equatable {
    case json(MetadataLevel)
    case xml
    case text

    var type: String {
        switch self {
        case .json(let level): "application/json;odata.metadata=\(level.rawValue)"
        case .xml: "application/xml"
        case .text: "text/plain"
        }
    }

    package static let data: [Form] = [.json(.minimal), .json(.full), .json(.none)]

    /// The one of `offered` that the client likes best; the first offered where it does not say.
    package static func chosen(_ offered: [Form], format: String?, accept: String?) throws(Fault) -> Form {
        let isNamed = format != nil
        let wanted =
            switch format {
            case "json": "application/json"
            case "xml": "application/xml"
            case let other: other ?? accept ?? ""
            }
        guard !wanted.trimmed.isEmpty else {
            if isNamed { throw .bad("$format is empty") }
            return offered[0]
        }
        let ranges = wanted.split(separator: ",").compactMap { MediaRange(String($0)) }
        var best: (form: Form, weight: Double)?
        for form in offered {
            // Of the ranges that fit a form the most specific decides.
            let fitting = ranges.filter { $0.admits(form) }.max { $0.rank < $1.rank }
            if let fitting, fitting.weight > best?.weight ?? 0 { best = (form, fitting.weight) }
        }
        guard let best else {
            let types = offered.map(\.type).joined(separator: ", ")
            throw .notAcceptable("\(quoted(wanted)) is not offered here; there is \(types)")
        }
        return best.form
    }
}

/// One entry of Accept.
private struct MediaRange {
    let type: String
    var level: String?
    /// Parameters that this service does not know: then it cannot fit.
    var isForeign = false
    var weight = 1.0

    init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { String($0).trimmed.lowercased() }
        guard let first = parts.first, first.contains("/") else { return nil }
        type = first
        for part in parts.dropFirst() where !part.isEmpty {
            let pair = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            let value = pair.count == 2 ? pair[1].filter { $0 != "\"" } : ""
            switch pair[0] {
            case "q": weight = min(max(Double(value) ?? 0, 0), 1)
            case "odata.metadata", "metadata": level = value
            // No 64-bit integers or decimals here: both forms are the same. Answers may be streamed or not.
            case "ieee754compatible", "odata.streaming", "streaming", "charset": break
            default: isForeign = true
            }
        }
    }

    func admits(_ form: Form) -> Bool {
        if isForeign { return false }
        switch form {
        case .json(let own):
            guard ["application/json", "application/*", "*/*"].contains(type) else { return false }
            return level.map { $0 == own.rawValue } ?? (own == .minimal)
        case .xml: return ["application/xml", "application/*", "*/*"].contains(type)
        case .text: return ["text/plain", "text/*", "*/*"].contains(type)
        }
    }

    var rank: Int { (type == "*/*" ? 0 : type.hasSuffix("/*") ? 1 : 2) + (level == nil ? 0 : 1) }
}

package struct Preferences: Sendable {
    package private(set) var omitsNulls = false
    /// Rows a page, at least 1.
    package private(set) var maxPageSize: Int?

    package init(_ header: String?) {
        for part in (header ?? "").split(separator: ",") {
            let pair = part.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
                .map { String($0).trimmed.lowercased() }
            guard pair.count == 2 else { continue }
            let value = pair[1].filter { $0 != "\"" }
            switch pair[0] {
            case "omit-values": omitsNulls = value == "nulls"
            case "odata.maxpagesize", "maxpagesize":
                if let size = Int(value), size > 0, maxPageSize == nil { maxPageSize = size }
            default: break
            }
        }
    }

    /// The header that says what was followed; nil for nothing.
    func applied(pageSize: Int?) -> String? {
        var parts: [String] = []
        if omitsNulls { parts.append("omit-values=nulls") }
        if let pageSize { parts.append("odata.maxpagesize=\(pageSize)") }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }
}
