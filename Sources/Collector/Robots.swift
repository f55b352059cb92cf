// Programs that read pages by themselves, told by their user agent. Libraries that shops send with (Python's, curl, Node)
// are no robots: their events are their users'.

package enum Robots {
    private static let signs: [[UInt8]] = [
        "bot", "crawl", "spider", "slurp", "facebookexternalhit", "mediapartners-google", "google-inspectiontool",
        "chrome-lighthouse", "ia_archiver", "pingdom", "gtmetrix", "feedfetcher", "bingpreview", "embedly",
    ].map { Array($0.utf8) }
    private static let phone = Array("cubot".utf8)

    /// Whether a user agent is a robot's.
    package static func isRobot(_ agent: some Collection<UInt8>) -> Bool {
        // Longer ones are nonsense; what a robot says of itself stands at the front.
        let lower = agent.prefix(512).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return signs.contains { sign in
            places(of: sign, in: lower).contains { start in
                // A brand of phones.
                !(sign.count == 3 && start >= 2 && lower[(start - 2)...].starts(with: phone))
            }
        }
    }

    private static func places(of sign: [UInt8], in text: [UInt8]) -> [Int] {
        guard text.count >= sign.count else { return [] }
        return (0...text.count - sign.count).filter { text[$0] == sign[0] && text[$0...].starts(with: sign) }
    }
}
