// Numbers as Prometheus reads them: text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Both
// programs write theirs with it. A family without samples is left out: what does not run has no numbers.

public struct MetricsText {
    public enum Kind: String { case counter, gauge }

    public struct Sample {
        let labels: [(name: String, value: String)]
        let value: Double

        public init(_ value: Double, _ labels: (name: String, value: String)...) {
            self.value = value
            self.labels = labels
        }

        public init(_ value: Double, labels: [(name: String, value: String)]) {
            self.value = value
            self.labels = labels
        }

        public init(_ value: Int, _ labels: (name: String, value: String)...) {
            self.value = Double(value)
            self.labels = labels
        }
    }

    public static let type = "text/plain; version=0.0.4; charset=utf-8"

    private var text = ""

    public init() {}

    public var bytes: [UInt8] { Array(text.utf8) }

    public mutating func counter(_ name: String, _ help: String, _ value: Int?) {
        family(name, .counter, help, value.map { [Sample($0)] } ?? [])
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Int?) {
        family(name, .gauge, help, value.map { [Sample($0)] } ?? [])
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Double?) {
        family(name, .gauge, help, value.map { [Sample($0)] } ?? [])
    }

    public mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        head(name, kind.rawValue, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    public mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram?) {
        guard let histogram else { return }
        head(name, "histogram", help)
        let buckets = histogram.buckets
        for bucket in buckets {
            line(name + "_bucket", [("le", MetricsText.number(bucket.bound))], Double(bucket.count))
        }
        line(name + "_sum", [], histogram.sum)
        line(name + "_count", [], Double(buckets.last?.count ?? 0))
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(MetricsText.escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
    }

    private mutating func line(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(MetricsText.escaped($0.value, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(MetricsText.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int(exactly: value).map(String.init) ?? value.description
    }

    /// A line break would begin a metric of its own, a quote would end a label.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
