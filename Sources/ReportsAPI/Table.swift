// Rows for a spreadsheet: RFC 4180, UTF-8 with a byte order mark (Excel takes anything else for its own code page), and
// no text that a spreadsheet would run: what begins like a formula gets a ' in front, as OWASP advises.
import Reports
import Rollups

enum Cell {
    case text(String?)
    case integer(Int?)
    case double(Double?)
    case money(Money?)
    case instant(Int64?)

    var csv: String {
        switch self {
        case .text(let text): text.map(Cell.escaped) ?? ""
        case .integer(let value): value.map(String.init) ?? ""
        case .double(let value): value.map { $0.isFinite ? $0.description : "" } ?? ""
        case .money(let value): value?.text ?? ""
        case .instant(let value): value.map(Instant.text) ?? ""
        }
    }

    private static func escaped(_ text: String) -> String {
        var text = text
        // A spreadsheet looks behind white space too.
        let first = text.unicodeScalars.first { $0 != " " && $0 != "\u{A0}" }
        if let first, "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first) { text = "'" + text }
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

struct Table {
    let columns: [String]
    var rows: [[Cell]] = []

    var csv: [UInt8] {
        var text = "\u{FEFF}" + columns.map { Cell.text($0).csv }.joined(separator: ",") + "\r\n"
        for row in rows { text += row.map(\.csv).joined(separator: ",") + "\r\n" }
        return Array(text.utf8)
    }
}

/// A column for each currency that any row has, the largest first by name.
struct MoneyColumns {
    private let currencies: [String?]

    init(_ revenues: [Revenue]) {
        currencies = Set(revenues.flatMap { $0.sorted.map(\.currency) }).sorted { ($0 ?? "") < ($1 ?? "") }
    }

    var names: [String] { currencies.map { $0.map { "revenue_" + $0 } ?? "revenue" } }

    func cells(_ revenue: Revenue) -> [Cell] { currencies.map { .money(revenue.amounts[$0]) } }
}
