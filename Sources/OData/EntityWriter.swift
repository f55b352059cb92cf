// Rows to OData's JSON, at the level of metadata asked for. Values are given by column in the order they are wanted.
import JSON
import Linux
import Reports

struct EntityWriter {
    let set: EntitySet
    let options: QueryOptions
    let level: MetadataLevel
    let omitsNulls: Bool
    let base: String
    /// Where the wanted columns stand in a row.
    private let places: [Int]

    init(_ set: EntitySet, _ options: QueryOptions, _ level: MetadataLevel, omitsNulls: Bool, base: String) {
        self.set = set
        self.options = options
        self.level = level
        self.omitsNulls = omitsNulls
        self.base = base
        places = options.columns.map { column in set.columns.firstIndex(of: column) ?? 0 }
    }

    private var context: String {
        let columns = options.isSelected ? "(" + options.columns.map(\.name).joined(separator: ",") + ")" : ""
        return base + "$metadata#" + set.name + columns
    }

    /// `rows`: of all the set's columns that are wanted.
    func page(_ rows: [Row], count: Int?, next: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            if level != .none { o.member("@odata.context", context) }
            if let count { o.member("@odata.count", count) }
            o.key("value")
            o.array { list in for row in rows { list.object { write(row, &$0) } } }
            if let next { o.member("@odata.nextLink", next) }
        }
        return writer.bytes
    }

    func one(_ row: Row) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            if level != .none { o.member("@odata.context", context + "/$entity") }
            write(row, &o)
        }
        return writer.bytes
    }

    private func write(_ row: Row, _ o: inout JSONWriter) {
        if level == .full {
            o.member("@odata.type", "#\(Model.namespace).\(set.type)")
            let id = set.name + "(" + key(row) + ")"
            o.member("@odata.id", base + id)
            o.member("@odata.readLink", base + id)
        }
        for (column, place) in zip(options.columns, places) {
            let value = row.values[place]
            if value.isNull, omitsNulls { continue }
            if level == .full, !value.isNull, let name = column.type.annotated {
                o.member(column.name + "@odata.type", name)
            }
            o.key(column.name)
            switch value {
            case .null: o.null()
            case .text(let text): o.string(text)
            case .bool(let claim): o.bool(claim)
            case .instant(let time): o.string(Instant.text(time))
            case .date(let day): o.string(day.text)
            case .number(let number):
                if let whole = Int64(exactly: number) { o.integer(whole) } else { o.double(number) }
            }
        }
    }

    /// As it stands in an address, escaped.
    private func key(_ row: Row) -> String {
        let texts = set.keys.map { column -> String in
            let text =
                switch row[column] {
                case .text(let text): "'" + text.replacing("'", with: "''") + "'"
                case .number(let number): Int64(exactly: number).map(String.init) ?? number.description
                case .date(let day): day.text
                case .instant(let time): Instant.text(time)
                case .bool, .null: "null"
                }
            return set.keyCount == 1 ? Address.escaped(text) : column.name + "=" + Address.escaped(text)
        }
        return texts.joined(separator: ",")
    }
}

extension EdmType {
    /// What odata.metadata=full says beside a value whose JSON does not tell its type.
    var annotated: String? {
        switch self {
        case .string: nil
        case .int32: "#Int32"
        case .double: "#Double"
        case .instant: "#DateTimeOffset"
        case .date: "#Date"
        }
    }
}

/// Text as part of an address: everything but RFC 3986's unreserved characters escaped.
enum Address {
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// One row: values by the place of their columns in the set.
struct Row: Sendable {
    var set: EntitySet
    var values: [Value]

    subscript(column: Column) -> Value {
        guard let place = set.columns.firstIndex(of: column), place < values.count else { return .null }
        return values[place]
    }
}
