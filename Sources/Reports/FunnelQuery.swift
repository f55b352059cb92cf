// What a funnel is asked: steps, window, order, and by what it is broken down.
import Events
import Rollups

public enum FunnelStep: Sendable, Equatable, Hashable {
    case activity(Activity)
    case event(String)

    public var text: String {
        switch self {
        case .activity(let activity): activity.text
        case .event(let name): "event:" + name
        }
    }

    func matches(_ kind: FactKind) -> Bool {
        switch self {
        case .activity(let activity): kind.activity == activity
        case .event(let name): kind.event == name
        }
    }

    static func parse(_ text: String) throws(QueryMistake) -> FunnelStep {
        if text.hasPrefix("event:") {
            let name = String(text.dropFirst(6))
            guard !name.isEmpty, name.count <= 200 else {
                throw QueryMistake("steps: \(quoted(text)): an event's name has 1 to 200 characters")
            }
            return .event(name)
        }
        if let activity = Activity(name: text) { return .activity(activity) }
        let names = Activity.allCases.map(\.text).joined(separator: ", ")
        throw QueryMistake("steps: \(quoted(text)) is no step; there are \(names) and event:<name>")
    }
}

public enum FunnelBreakdown: String, Sendable, CaseIterable { case device, referrer, campaign, signedIn = "signed_in" }

public struct FunnelQuery: Sendable, Equatable {
    public enum Mode: String, Sendable, CaseIterable { case ordered, strict }

    public static let mostSteps = 10
    public static let usualSteps: [FunnelStep] = [
        .activity(.viewProduct), .activity(.addToCart), .activity(.proceedToCheckout), .activity(.order),
    ]

    public var steps = usualSteps
    /// ms; nil: no limit.
    public var window: Int64? = 86_400_000
    /// As it was asked for.
    public var windowText = "1d"
    public var mode = Mode.ordered
    public var breakdown: FunnelBreakdown?

    public init() {}

    public static let names = ["steps", "window", "mode", "breakdown"]

    public static func parse(_ parameters: Parameters) throws(QueryMistake) -> FunnelQuery {
        var query = FunnelQuery()
        if let text = try parameters.one("steps") {
            var steps: [FunnelStep] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                steps.append(try FunnelStep.parse(String(part.replacing("%2C", with: ",").replacing("%25", with: "%"))))
            }
            guard steps.count <= mostSteps else { throw QueryMistake("steps: at most \(mostSteps)") }
            query.steps = steps
        }
        if let text = try parameters.one("window") {
            query.window = try parse(window: text)
            query.windowText = text
        }
        query.mode = try parameters.choice("mode", .ordered)
        if try parameters.one("breakdown") != nil {
            query.breakdown = try parameters.choice("breakdown", FunnelBreakdown.device)
        }
        return query
    }

    /// `30min`, `12h`, `1d`, at most 90 days; nil for `none`.
    private static func parse(window text: String) throws(QueryMistake) -> Int64? {
        if text == "none" { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = ["s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
        let most: Int64 = 90 * 86_400_000
        guard let unit = units[String(text.dropFirst(digits.count))], let count = Int64(digits), count > 0,
            count <= most / unit
        else {
            throw QueryMistake("window: \(quoted(text)) is none of 30min, 12h, 1d (90d at most), none")
        }
        return count * unit
    }
}
