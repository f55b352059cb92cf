// Sizes and times in text: "64 KiB", "4 GB", "2s", "400 days". Whole numbers only; overflow is refused, not wrapped.

public enum Units {
    private static let bytes: [(String, Int)] = [
        ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1000),
        ("B", 1),
    ]
    private static let milliseconds: [(String, Int)] = [
        ("days", 86_400_000), ("day", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Bytes of "65536", "64 KiB" or "64KiB"; nil for anything else.
    static func size(_ text: String) -> Int? {
        Int(text).flatMap { text.first == "+" ? nil : $0 } ?? value(text, bytes)
    }

    /// The time of "2s", "5 min"; nil for anything else, a number without unit too.
    public static func duration(_ text: String) -> Duration? {
        value(text, milliseconds).map { .milliseconds($0) }
    }

    /// Bytes in the largest unit of 1024 that divides them, as TOML writes it.
    static func show(bytes count: Int) -> String {
        for (name, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where count != 0 && count % factor == 0 {
            return "\"\(count / factor) \(name)\""
        }
        return "\(count)"
    }

    private static func value(_ text: String, _ units: [(String, Int)]) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = trimmed(text.dropFirst(digits.count))
        guard let number = Int(digits), let factor = units.first(where: { $0.0 == unit })?.1 else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
