// What people come with and from: a device's browser, a page that led to the shop, a campaign. Words as browsers and
// links really say them.

package struct Device: Sendable {
    /// Segment's `context.device.type`.
    package let type: String
    package let userAgent: String
    let weight: Double
    /// How readily people buy on it; 1 is usual.
    let ease: Double

    package static let all: [Device] = [
        .init(
            "mobile", 27, 0.75,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
        ),
        .init(
            "mobile", 31, 0.7,
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
        ),
        .init(
            "tablet", 6, 0.95,
            "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
        ),
        .init(
            "desktop", 22, 1.3,
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
        ),
        .init(
            "desktop", 8, 1.35,
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"
        ),
        .init("desktop", 6, 1.2, "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    ]
    static let weights = Weighted(all.map(\.weight))

    private init(_ type: String, _ weight: Double, _ ease: Double, _ userAgent: String) {
        self.type = type
        self.weight = weight
        self.ease = ease
        self.userAgent = userAgent
    }
}

/// Where a visit comes from.
package struct Origin: Sendable {
    /// The page before, "" where there was none (typed, bookmarked, or a mail).
    package let referrer: String
    /// Segment's `context.campaign`.
    package let campaign: (name: String, source: String, medium: String)?
    let newWeight: Double
    let returningWeight: Double
    /// How readily these visitors buy; 1 is usual.
    let intent: Double

    package static let all: [Origin] = [
        .init("", nil, 24, 44, 1.1),
        .init("https://www.google.com/", nil, 34, 20, 1),
        .init("https://duckduckgo.com/", nil, 4, 3, 1.05),
        .init("https://www.google.com/", ("brand", "google", "cpc"), 9, 4, 1.2),
        .init("", ("autumn-letter", "newsletter", "email"), 3, 18, 1.4),
        .init("https://www.instagram.com/", ("slow-mornings", "instagram", "social"), 15, 5, 0.45),
        .init("https://www.pinterest.com/", nil, 5, 3, 0.6),
        .init("https://thingswelike.example/quiet-tables", nil, 6, 3, 1.3),
    ]
    static let newWeights = Weighted(all.map(\.newWeight))
    static let returningWeights = Weighted(all.map(\.returningWeight))

    private init(
        _ referrer: String, _ campaign: (String, String, String)?, _ new: Double, _ returning: Double, _ intent: Double
    ) {
        self.referrer = referrer
        self.campaign = campaign.map { (name: $0.0, source: $0.1, medium: $0.2) }
        self.newWeight = new
        self.returningWeight = returning
        self.intent = intent
    }
}
